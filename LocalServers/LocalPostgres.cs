using System.Diagnostics;
using System.Globalization;

namespace Wyckoff.LocalServers;

/// <summary>The options of <see cref="LocalPostgres.StartAsync"/>.</summary>
public sealed record LocalPostgresOptions
{
    public ServerHome Home { get; init; } = ServerHome.FromEnvironment();

    /// <summary>The data folder. Null: data/postgres in <see cref="Home"/>.</summary>
    public string? DataFolder { get; init; }

    /// <summary>The port. 0: any free port.</summary>
    public int Port { get; init; }

    public PostgresEdition Edition { get; init; }

    /// <summary>False for tests: less memory is used, and a crash of the machine may lose the data.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>Receives one line per step.</summary>
    public Action<string> Log { get; init; } = _ => { };

    /// <summary>Receives the log lines of the server, which are also written to a file beside the data folder.</summary>
    public Action<string> ServerLog { get; init; } = _ => { };

    /// <summary>Server settings that override the defaults.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>
/// A PostgreSQL server on loopback that ends with this process. Beside the data folder lie the password, the TimescaleDB edition last
/// used, the log and a lock file.
/// </summary>
public sealed class LocalPostgres : IAsyncDisposable
{
    private static readonly TimeSpan _startTimeout = TimeSpan.FromMinutes(3); // Recovery after a crash can take long.
    private static readonly TimeSpan _oldServerTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _stopGrace = TimeSpan.FromSeconds(30);

    private readonly PostgresBinaries _binaries;
    private readonly LeashedProcess _process;
    private readonly FileStream _lock;
    private readonly StreamWriter _serverLog;

    private LocalPostgres(
        PostgresBinaries binaries,
        LeashedProcess process,
        FileStream @lock,
        StreamWriter serverLog,
        string dataFolder,
        int port,
        string password
    ) =>
        (_binaries, _process, _lock, _serverLog, DataFolder, Port, Password) = (
            binaries,
            process,
            @lock,
            serverLog,
            dataFolder,
            port,
            password
        );

    public string Host => "127.0.0.1";

    public int Port { get; }

    public string User => "postgres";

    public string Password { get; }

    public int Pid => _process.Pid;

    public string Version => _binaries.Version;

    public PostgresEdition Edition => _binaries.Edition;

    public string? EditionVersion => _binaries.EditionVersion;

    public string BinFolder => _binaries.BinFolder;

    public string DataFolder { get; }

    public string LogFile => DataFolder + ".log";

    public Task<int> Exited => _process.Exited;

    public string ConnectionString(string database) => $"Host={Host};Port={Port};Username={User};Password={Password};Database={database}";

    public static async Task<LocalPostgres> StartAsync(LocalPostgresOptions options, CancellationToken cancellationToken)
    {
        var binaries = await new ServerLocator(options.Home, options.Log).FindPostgresAsync(options.Edition, cancellationToken);
        var data = Path.GetFullPath(options.DataFolder ?? Path.Combine(options.Home.Data, "postgres"));
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(data)!);
            var held =
                PrivateFile.TryLock(data + ".lock")
                ?? throw new LocalServerException(
                    $"The data folder {data} is in use{await DescribeServerAsync(data, cancellationToken)}: "
                        + "stop that first, or name another folder."
                );
            try
            {
                return await StartLockedAsync(options, binaries, data, held, cancellationToken);
            }
            catch
            {
                await held.DisposeAsync();
                throw;
            }
        }
        catch (UnauthorizedAccessException e)
        {
            throw new LocalServerException($"The data folder {data} cannot be accessed: {e.Message}", e);
        }
    }

    /// <summary>Stops the server with a fast shutdown: open transactions are rolled back, committed ones are on disk.</summary>
    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await _serverLog.DisposeAsync();
        await _lock.DisposeAsync();
    }

    private static async Task<LocalPostgres> StartLockedAsync(
        LocalPostgresOptions options,
        PostgresBinaries binaries,
        string data,
        FileStream held,
        CancellationToken cancellationToken
    )
    {
        await ClearStalePidAsync(options, data, cancellationToken);
        await CheckDataAsync(options.Home, binaries, data, cancellationToken);
        if (!File.Exists(Path.Combine(data, "PG_VERSION")))
        {
            await InitializeAsync(options, binaries, data, cancellationToken);
        }

        var password = (await File.ReadAllTextAsync(data + ".password", cancellationToken)).Trim();

        var serverLog = PrivateFile.OpenLog(data + ".log");
        var waited = Stopwatch.StartNew();
        while (true)
        {
            if (options.Port > 0 && !PortOwner.IsFree(options.Port))
            {
                throw new LocalServerException(
                    $"PostgreSQL cannot start: {PortOwner.Describe(options.Port)}. Stop that, or choose another port."
                );
            }

            var port = options.Port > 0 ? options.Port : PortOwner.PickFree();
            var arguments = new List<string> { "-D", data, "-p", port.ToString(CultureInfo.InvariantCulture) };
            foreach (var (name, value) in Settings(options, binaries))
            {
                arguments.AddRange(["-c", $"{name}={value}"]);
            }

            var command = options.Home.Command([binaries.Program("postgres"), .. arguments]);
            var process = LeashedProcess.Start(
                "PostgreSQL",
                command[0],
                command.Skip(1),
                _environment,
                "/",
                "INT",
                _stopGrace,
                line =>
                {
                    serverLog.WriteLine(line);
                    options.ServerLog(line);
                }
            );
            try
            {
                if (await IsReadyAsync(binaries, process, port, cancellationToken))
                {
                    var server = new LocalPostgres(binaries, process, held, serverLog, data, port, password);
                    await server.UpdateExtensionAsync(options.Log, cancellationToken);
                    return server;
                }
            }
            catch
            {
                await process.DisposeAsync();
                await serverLog.DisposeAsync();
                throw;
            }
            await process.DisposeAsync();
            // Two errors are temporary: backends of a killed server still hold its shared memory, or another process has taken the
            // port that was free.
            var log = process.LastLines;
            var isTemporary =
                log.Any(line => line.Contains("shared memory block", StringComparison.Ordinal))
                || (options.Port == 0 && log.Any(line => line.Contains("Address already in use", StringComparison.Ordinal)));
            if (!isTemporary || waited.Elapsed > _oldServerTimeout)
            {
                await serverLog.DisposeAsync();
                var fatal = log.LastOrDefault(line => line.StartsWith("FATAL", StringComparison.Ordinal));
                throw new LocalServerException(
                    $"PostgreSQL in {data} ended while starting: {fatal ?? log.LastOrDefault() ?? "it printed nothing"}"
                );
            }
            await Task.Delay(200, cancellationToken);
        }
    }

    private static async Task<bool> IsReadyAsync(
        PostgresBinaries binaries,
        LeashedProcess process,
        int port,
        CancellationToken cancellationToken
    )
    {
        var waited = Stopwatch.StartNew();
        string[] probe =
        [
            binaries.Program("pg_isready"),
            "-q",
            "-h",
            "127.0.0.1",
            "-t",
            "1",
            "-p",
            port.ToString(CultureInfo.InvariantCulture),
        ];
        while (!process.Exited.IsCompleted)
        {
            if ((await Tool.RunAsync(probe, cancellationToken)).Code == 0 && !process.Exited.IsCompleted)
            {
                return true;
            }

            if (waited.Elapsed > _startTimeout)
            {
                throw new LocalServerException(
                    $"PostgreSQL was not ready after {_startTimeout.TotalSeconds:0} s: {process.LastLines.LastOrDefault()}"
                );
            }

            await Task.WhenAny(process.Exited, Task.Delay(50, cancellationToken));
        }
        return false;
    }

    /// <summary>Names the server that runs on this data folder, or returns an empty text.</summary>
    private static async Task<string> DescribeServerAsync(string data, CancellationToken cancellationToken) =>
        ReadPid(data) is { } pid && await ServerProcess.IsPostgresOfAsync(pid, data, cancellationToken)
            ? $" by PostgreSQL (process {pid})"
            : "";

    private static int? ReadPid(string data)
    {
        try
        {
            return int.TryParse(
                File.ReadLines(Path.Combine(data, "postmaster.pid")).FirstOrDefault(),
                CultureInfo.InvariantCulture,
                out var pid
            )
                ? pid
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task ClearStalePidAsync(LocalPostgresOptions options, string data, CancellationToken cancellationToken)
    {
        // This process holds the lock. A server found here belongs to a dead process and is being ended by its leash, or was started
        // without this library.
        var waited = Stopwatch.StartNew();
        while (ReadPid(data) is { } pid)
        {
            if (!await ServerProcess.IsPostgresOfAsync(pid, data, cancellationToken))
            {
                // PostgreSQL ignores the process id of a dead process, but refuses to start if another program now has that id.
                if (ServerProcess.IsAlive(pid))
                {
                    File.Delete(Path.Combine(data, "postmaster.pid"));
                }

                return;
            }
            if (waited.Elapsed > _oldServerTimeout)
            {
                throw new LocalServerException(
                    $"The data folder {data} is in use by PostgreSQL (process {pid}): stop that first, or name another folder."
                );
            }

            await Task.Delay(100, cancellationToken);
        }
    }

    private static async Task CheckDataAsync(ServerHome home, PostgresBinaries binaries, string data, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(data))
        {
            return;
        }

        var version = Path.Combine(data, "PG_VERSION");
        if (!File.Exists(version) && !Directory.EnumerateFileSystemEntries(data).Any())
        {
            return;
        }

        if (!await home.MayAsync("-O", data, cancellationToken) || !await home.MayAsync("-r", version, cancellationToken))
        {
            throw new LocalServerException($"{data} is not a PostgreSQL data folder of {home.Account ?? "yours"}: name another folder.");
        }

        if (!File.Exists(data + ".password"))
        {
            throw new LocalServerException(
                $"The data in {data} has lost its password file {data}.password: put it back, or name another folder."
            );
        }

        if (
            (await File.ReadAllTextAsync(version, cancellationToken)).Trim() is var major
            && !string.Equals(major, $"{binaries.Major}", StringComparison.Ordinal)
        )
        {
            throw new LocalServerException(
                $"The data in {data} was made by PostgreSQL {major}, and here is {binaries.Version}: "
                    + $"install PostgreSQL {major}, or name another folder and restore a backup there."
            );
        }

        if (
            !File.Exists(data + ".edition")
            || (await File.ReadAllTextAsync(data + ".edition", cancellationToken)).Trim().Split(' ') is not [var name, var last]
        )
        {
            return;
        }

        var edition = Enum.Parse<PostgresEdition>(name);
        if (
            edition < binaries.Edition
            || (binaries.EditionVersion is { } now && System.Version.Parse(Numbers(now)) < System.Version.Parse(Numbers(last)))
        )
        {
            var here = binaries.EditionVersion is null
                ? "PostgreSQL without TimescaleDB"
                : $"TimescaleDB {binaries.EditionVersion} {binaries.Edition}";
            throw new LocalServerException(
                $"The data in {data} was last used with TimescaleDB {last} {edition}, which {here} cannot read: "
                    + "use that edition again, or name another folder."
            );
        }
    }

    // "2.30.0-dev" becomes "2.30.0".
    private static string Numbers(string version) => version.Split('-')[0];

    private static async Task InitializeAsync(
        LocalPostgresOptions options,
        PostgresBinaries binaries,
        string data,
        CancellationToken cancellationToken
    )
    {
        options.Log($"Creating the data folder {data}");
        // initdb runs in a temporary folder that is renamed afterwards, so that a killed initdb leaves no incomplete data folder.
        var fresh = data + ".new";
        if (Directory.Exists(fresh))
        {
            Directory.Delete(fresh, recursive: true);
        }

        await options.Home.MakePrivateFolderAsync(fresh, cancellationToken);
        // A password file can exist already: provided by the user, or left by an initdb that was killed.
        if (!File.Exists(data + ".password"))
        {
            PrivateFile.Write(data + ".password", PrivateFile.NewPassword());
        }

        await options.Home.HandOverAsync(data + ".password", cancellationToken);
        var (code, _, error) = await Tool.RunAsync(
            options.Home.Command([
                binaries.Program("initdb"),
                "-D",
                fresh,
                "-U",
                "postgres",
                "-E",
                "UTF8",
                .. binaries.Major >= 17 ? ["--locale-provider=builtin", "--locale=C.UTF-8"] : (string[])["--locale=C"],
                "--auth=scram-sha-256",
                $"--pwfile={data}.password",
                .. options.Durable ? [] : (string[])["--no-sync"],
            ]),
            cancellationToken,
            environment: _environment
        );
        if (code != 0)
        {
            throw new LocalServerException($"initdb failed in {fresh}: {error}");
        }

        if (Directory.Exists(data))
        {
            Directory.Delete(data);
        }

        Directory.Move(fresh, data);
        File.Delete(data + ".edition");
    }

    /// <summary>
    /// Updates the extension in all databases if the TimescaleDB binaries are newer than at the last start. Until then a session cannot
    /// load the old library, and TimescaleDB permits only ALTER EXTENSION.
    /// </summary>
    private async Task UpdateExtensionAsync(Action<string> log, CancellationToken cancellationToken)
    {
        if (EditionVersion is null)
        {
            return;
        }

        var path = DataFolder + ".edition";
        var now = $"{Edition} {EditionVersion}";
        var last = File.Exists(path) ? (await File.ReadAllTextAsync(path, cancellationToken)).Trim() : null;
        if (last is not null && !string.Equals(last.Split(' ')[^1], EditionVersion, StringComparison.Ordinal))
        {
            log($"Updating the databases from TimescaleDB {last.Split(' ')[^1]} to {EditionVersion}");
            foreach (
                var database in (
                    await PsqlAsync("template1", "SELECT datname FROM pg_database WHERE datallowconn", cancellationToken)
                ).Output.Split('\n')
            )
            {
                var (code, _, error) = await PsqlAsync(database, "ALTER EXTENSION timescaledb UPDATE", cancellationToken);
                if (code != 0 && !error.Contains("does not exist", StringComparison.Ordinal))
                {
                    throw new LocalServerException($"The database {database} cannot be updated to TimescaleDB {EditionVersion}: {error}");
                }
            }
        }
        PrivateFile.Write(path, now + "\n");
    }

    private Task<(int Code, string Output, string LastError)> PsqlAsync(string database, string sql, CancellationToken cancellationToken) =>
        Tool.RunAsync(
            [_binaries.Program("psql"), "-XAtq", "-h", Host, "-p", $"{Port}", "-U", User, "-d", database, "-c", sql],
            cancellationToken,
            environment: new Dictionary<string, string?>(_environment, StringComparer.Ordinal) { ["PGPASSWORD"] = Password }
        );

    // Messages are in English, because the code above parses them. The user's own psql settings are removed.
    private static readonly Dictionary<string, string?> _environment = new(StringComparer.Ordinal)
    {
        ["LC_ALL"] = "C",
        ["PGOPTIONS"] = null,
        ["PGSERVICE"] = null,
        ["PGDATA"] = null,
    };

    private static Dictionary<string, string> Settings(LocalPostgresOptions options, PostgresBinaries binaries)
    {
        // The memory limit of the container, if there is one, otherwise the memory of the machine.
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20;
        var shared = options.Durable ? Math.Clamp(memory / 4, 128, 4096) : 256;
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["listen_addresses"] = "127.0.0.1",
            ["unix_socket_directories"] = "",
            ["password_encryption"] = "scram-sha-256",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
            ["log_min_messages"] = "warning",
            ["log_line_prefix"] = "",
            ["max_connections"] = "200",
            ["shared_buffers"] = string.Create(CultureInfo.InvariantCulture, $"{shared}MB"),
            ["effective_cache_size"] = string.Create(CultureInfo.InvariantCulture, $"{Math.Max(shared, memory / 2)}MB"),
        };
        foreach (
            var (name, value) in PostgresSettings.Common.Concat(binaries.Edition == PostgresEdition.Plain ? [] : PostgresSettings.Timescale)
        )
        {
            settings[name] = value;
        }

        if (!options.Durable)
        {
            settings["fsync"] = settings["synchronous_commit"] = settings["full_page_writes"] = "off";
        }

        foreach (var (name, value) in options.Settings)
        {
            settings[name] = value;
        }

        return settings;
    }
}
