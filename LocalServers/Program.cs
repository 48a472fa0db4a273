using System.Globalization;
using System.Runtime.InteropServices;
using Wyckoff.LocalServers;

// Runs one server of the data home (WYCKOFF_HOME) in the foreground until SIGTERM or SIGINT. Exits with 1 if the server ends first.
if (
    args is not [("postgres" or "redis") and var server, var portText]
    || !int.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
    || port is < 1 or > 65535
)
{
    await Console.Error.WriteLineAsync("usage: Wyckoff.LocalServers postgres|redis PORT");
    return 2;
}

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    var home = ServerHome.FromEnvironment();
    if (server == "postgres")
    {
        var postgres = await LocalPostgres.StartAsync(
            new()
            {
                Home = home,
                Port = port,
                Log = Console.WriteLine,
                ServerLog = Console.WriteLine,
            },
            stop.Token
        );
        return await ServeAsync(postgres, postgres.Exited);
    }

    var password = PrivateFile.ReadOrCreatePassword(home.PasswordFile("redis"));
    var redis = await LocalRedis.StartAsync(
        new()
        {
            Home = home,
            Port = port,
            Password = password,
            Log = Console.WriteLine,
        },
        stop.Token
    );
    return await ServeAsync(redis, redis.Exited);
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}
catch (Exception e) when (e is LocalServerException or IOException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync(e.Message.ReplaceLineEndings(" "));
    return 1;
}

// Waits for a stop signal or the end of the server. Leaving the block shuts down a server that still runs.
async Task<int> ServeAsync(IAsyncDisposable running, Task<int> exited)
{
    await using (running)
    {
        var stopped = Task.Delay(Timeout.Infinite, stop.Token);
        if (await Task.WhenAny(exited, stopped) == stopped)
        {
            return 0;
        }
    }

    var code = await exited;
    await Console.Error.WriteLineAsync(
        code > 128 ? $"the server was killed by signal {code - 128}" : $"the server ended by itself with exit code {code}"
    );
    return 1;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
