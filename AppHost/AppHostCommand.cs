using Wyckoff.LocalServers;

namespace Wyckoff.AppHost;

/// <summary>The program around the composition: options in, one line on stderr and exit code 1 for what keeps it from starting.</summary>
internal static class AppHostCommand
{
    public static async Task<int> RunAsync(string[] args, Func<AppHostOptions, CancellationToken, Task> compose)
    {
        // Until Aspire's host handles signals itself: installing servers takes a while, and Ctrl+C ends it.
        using var stop = new CancellationTokenSource();
        ConsoleCancelEventHandler interrupt = (_, e) => (e.Cancel, _) = (true, stop.CancelAsync());
        Console.CancelKeyPress += interrupt;
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
            Console.CancelKeyPress -= interrupt;
        }
    }
}
