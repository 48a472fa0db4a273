using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Wyckoff.LocalServers;

/// <summary>The options of <see cref="LocalRedis.StartAsync"/>.</summary>
public sealed record LocalRedisOptions
{
    public ServerHome Home { get; init; } = ServerHome.FromEnvironment();

    /// <summary>The port. 0: any free port.</summary>
    public int Port { get; init; }

    /// <summary>The password. Null: a new password at each start.</summary>
    public string? Password { get; init; }

    public int MaxMemoryMegabytes { get; init; } = 256;

    /// <summary>Receives one line per step, and the log lines of the server.</summary>
    public Action<string> Log { get; init; } = _ => { };
}

/// <summary>A Redis server on loopback that stores nothing on disk and ends with this process.</summary>
public sealed class LocalRedis : IAsyncDisposable
{
    private static readonly TimeSpan _startTimeout = TimeSpan.FromSeconds(15);

    // The memory warning concerns saving to disk, which is off. The other lines belong to a normal shutdown.
    private static readonly string[] _ignoredLogLines = ["overcommit_memory", "Received SIGTERM", "ready to exit"];

    private readonly LeashedProcess _process;
    private readonly string _folder;

    private LocalRedis(LeashedProcess process, string folder, int port, string password) =>
        (_process, _folder, Port, Password) = (process, folder, port, password);

    public int Port { get; }

    public string Password { get; }

    public int Pid => _process.Pid;

    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    public string ConnectionString => $"{Endpoint},password={Password}";

    public Task<int> Exited => _process.Exited;

    public static async Task<LocalRedis> StartAsync(LocalRedisOptions options, CancellationToken cancellationToken)
    {
        var program = await new ServerLocator(options.Home, options.Log).FindRedisAsync(cancellationToken);
        for (var attempt = 1; ; attempt++)
        {
            if (options.Port > 0 && !PortOwner.IsFree(options.Port))
            {
                throw new LocalServerException(
                    $"Redis cannot start: {PortOwner.Describe(options.Port)}. Stop that, or choose another port."
                );
            }

            var port = options.Port > 0 ? options.Port : PortOwner.PickFree();
            var password = options.Password ?? PrivateFile.NewPassword();
            var folder = Path.Combine(options.Home.Data, string.Create(CultureInfo.InvariantCulture, $"redis-{port}"));
            await options.Home.MakePrivateFolderAsync(folder, cancellationToken);
            // The password is in a private file and not in the arguments, because every user can list those with ps.
            var configuration = Path.Combine(folder, "redis.conf");
            PrivateFile.Write(
                configuration,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"""
                    bind 127.0.0.1
                    port {port}
                    requirepass {password}
                    dir "{folder}"
                    daemonize no
                    save ""
                    appendonly no
                    maxmemory {options.MaxMemoryMegabytes}mb
                    maxmemory-policy allkeys-lru
                    loglevel warning

                    """
                )
            );
            await options.Home.HandOverAsync(configuration, cancellationToken);
            var command = options.Home.Command(program, configuration);
            var process = LeashedProcess.Start(
                "Redis",
                command[0],
                command.Skip(1),
                null,
                "/",
                "TERM",
                TimeSpan.FromSeconds(5),
                line =>
                {
                    if (!_ignoredLogLines.Any(text => line.Contains(text, StringComparison.Ordinal)))
                    {
                        options.Log(line);
                    }
                }
            );
            var redis = new LocalRedis(process, folder, port, password);
            try
            {
                if (await redis.IsReadyAsync(cancellationToken))
                {
                    return redis;
                }
            }
            catch
            {
                await redis.DisposeAsync();
                throw;
            }
            await redis.DisposeAsync();
            if (options.Port > 0 || attempt == 3)
            {
                throw new LocalServerException($"Redis ended while starting: {process.LastLines.LastOrDefault() ?? "it printed nothing"}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        while (!_process.Exited.IsCompleted)
        {
            if (await AnswersAsync(cancellationToken))
            {
                return true;
            }

            if (waited.Elapsed > _startTimeout)
            {
                throw new LocalServerException(
                    $"Redis was not ready after {_startTimeout.TotalSeconds:0} s: {_process.LastLines.LastOrDefault()}"
                );
            }

            await Task.WhenAny(_process.Exited, Task.Delay(20, cancellationToken));
        }
        return false;
    }

    // The password shows that this is the started server: another Redis on the port would refuse it.
    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"AUTH {Password}\r\nPING\r\n"), cancellationToken);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            return await reader.ReadLineAsync(cancellationToken) == "+OK" && await reader.ReadLineAsync(cancellationToken) == "+PONG";
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}
