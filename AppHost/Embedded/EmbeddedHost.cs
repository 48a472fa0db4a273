using System.Runtime.InteropServices;
using Wyckoff.LocalServers;

namespace Wyckoff.AppHost.Embedded;

/// <summary>
/// The composition of AppHost.cs as plain processes, for machines whose NuGet source has no Aspire packages: the same services, the same environment variables, the
/// same order. Nothing is restarted silently: what dies is named, and takes the rest with it in good order.
/// </summary>
public static class EmbeddedHost
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["serve", .. var rest])
        {
            return await ServeVerb.RunAsync(rest);
        }

        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        using var parent = ParentWatch.Start(() => stop.Cancel());
        try
        {
            var (options, exitCode) = await EmbeddedOptions.ParseAsync(args);
            return options is null ? exitCode : await RunAsync(options, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Say("Stopped.");
            return 0;
        }
        catch (Exception e) when (e is EmbeddedException or LocalServerException)
        {
            await Console.Error.WriteLineAsync("wyckoff: " + e.Message.ReplaceLineEndings(" "));
            return 1;
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true; // we end ourselves, after the children
            stop.Cancel();
        }
    }

    private static async Task<int> RunAsync(EmbeddedOptions options, CancellationToken cancellationToken)
    {
        if (options.Data is not null)
        {
            Environment.SetEnvironmentVariable("WYCKOFF_HOME", Path.GetFullPath(options.Data));
        }

        var home = ServerHome.FromEnvironment();
        await using var only = Exclusive(home);
        if (!PortOwner.IsFree(options.Port))
        {
            throw new EmbeddedException($"{PortOwner.Describe(options.Port)}. Stop it, or choose another port with --port.");
        }

        if (options.Fresh)
        {
            Wipe(home, options.Yes);
        }

        await using var system = new EmbeddedSystem(options, home, Say);
        await system.StartAsync(cancellationToken);
        Say(system.Banner());
        var end = await system.RunAsync(cancellationToken);
        Say("Stopping …");
        await system.DisposeAsync();
        if (end is not null)
        {
            throw new EmbeddedException(end);
        }

        Say("Stopped.");
        return 0;
    }

    /// <summary>Two of us on one data folder would be two servers on one database.</summary>
    private static FileStream Exclusive(ServerHome home)
    {
        try
        {
            Directory.CreateDirectory(home.Folder);
            return new FileStream(Path.Combine(home.Folder, "apphost.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new EmbeddedException($"The data folder {home.Folder} cannot be used: {e.Message} Choose another with --data FOLDER.");
        }
        catch (IOException e)
        {
            var running = RunningFile.Read(home);
            throw new EmbeddedException(running is null
                ? $"The data folder {home.Folder} cannot be used: {e.Message} Choose another with --data FOLDER."
                : $"Wyckoff is already running on {home.Folder} (process {running["APPHOST_PID"]}, {running["API_URL"]}). Stop it, or choose another folder with --data FOLDER.");
        }
    }

    private static void Wipe(ServerHome home, bool yes)
    {
        if (!Directory.Exists(home.Data))
        {
            return;
        }

        if (!yes)
        {
            if (Console.IsInputRedirected)
            {
                throw new EmbeddedException($"--fresh deletes {home.Data}, and there is nobody to ask: add --yes if that is what you want.");
            }

            Console.Write($"Delete all data in {home.Data}? [y/N] ");
            if (Console.ReadLine()?.Trim().ToUpperInvariant() is not ("Y" or "YES"))
            {
                throw new EmbeddedException("Nothing was deleted.");
            }
        }

        Directory.Delete(home.Data, recursive: true);
        Say($"Deleted {home.Data}");
    }

    private static void Say(string line) => Console.WriteLine(line);
}
