using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wyckoff.LocalServers;

namespace Wyckoff.AppHost;

/// <summary>The program around the composition: options in, one line on stderr and exit code 1 for what keeps it from starting.</summary>
internal static class AppHostCommand
{
    public static async Task<int> RunAsync(string[] args, Func<AppHostOptions, CancellationToken, Task> compose)
    {
        // Aspire's host handles signals itself, but only once it runs. Installing servers before that takes a while, and Ctrl+C ends it.
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += Interrupt;
        try
        {
            var (options, exitCode) = await AppHostOptions.ParseAsync(args);
            if (options is null)
            {
                return exitCode;
            }

            await compose(options, stop.Token);
            return Environment.ExitCode;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception e) when (e is AppHostException or LocalServerException or DistributedApplicationException)
        {
            await Console.Error.WriteLineAsync("wyckoff: " + e.Message.ReplaceLineEndings(" "));
            return 1;
        }
        finally
        {
            Console.CancelKeyPress -= Interrupt;
        }

        void Interrupt(object? sender, ConsoleCancelEventArgs e)
        {
            e.Cancel = true;
            stop.Cancel();
        }
    }

    /// <summary>
    /// Runs until asked to stop, or until the manifest is written. Publishing is a background service, and on .NET 10 a host whose
    /// background service throws ends with 0: a pipeline would go on with half a result.
    /// </summary>
    public static async Task RunToEndAsync(this DistributedApplication application, CancellationToken cancellationToken)
    {
        await application.RunAsync(cancellationToken);
        var failed = application
            .Services.GetServices<IHostedService>()
            .OfType<BackgroundService>()
            .FirstOrDefault(service => service.ExecuteTask is { IsFaulted: true });
        if (failed?.ExecuteTask?.Exception?.InnerException is { } fault)
        {
            throw new AppHostException(fault.Message);
        }
    }
}
