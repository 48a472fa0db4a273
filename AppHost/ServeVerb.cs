using System.Globalization;
using System.Runtime.InteropServices;
using Wyckoff.LocalServers;

namespace Wyckoff.AppHost;

/// <summary>
/// <c>serve postgres|redis PORT PASSWORDFILE</c>: one local server in the foreground. What the Aspire composition runs as an executable where there are no containers, so that
/// there is one way to find, install and start a server. PostgreSQL's data lies beside the password file, which must be called <c>postgres.password</c>: a cluster that is made there takes
/// the password it finds.
/// </summary>
internal static class ServeVerb
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [("postgres" or "redis") and var what, var portText, var passwordFile] || !int.TryParse(portText, CultureInfo.InvariantCulture, out var port))
        {
            await Console.Error.WriteLineAsync("usage: serve postgres|redis PORT PASSWORDFILE");
            return 2;
        }

        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(passwordFile))!;
            Task<int> exited;
            IAsyncDisposable server;
            if (what == "postgres")
            {
                var postgres = await LocalPostgres.StartAsync(new() { DataFolder = Path.Combine(folder, "postgres"), Port = port, Log = Console.WriteLine }, stop.Token);
                (server, exited) = (postgres, postgres.Exited);
            }
            else
            {
                var redis = await LocalRedis.StartAsync(new() { Password = (await File.ReadAllTextAsync(passwordFile, stop.Token)).Trim(), Port = port, Log = Console.WriteLine }, stop.Token);
                (server, exited) = (redis, redis.Exited);
            }

            await using (server)
            {
                var stopped = Task.Delay(Timeout.Infinite, stop.Token);
                return await Task.WhenAny(exited, stopped) == stopped ? 0 : await exited;
            }
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
        catch (Exception e) when (e is LocalServerException or IOException)
        {
            await Console.Error.WriteLineAsync($"{what}: {e.Message}");
            return 1;
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }
}
