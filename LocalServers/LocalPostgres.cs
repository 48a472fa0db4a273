using System.Diagnostics;
using System.Globalization;

namespace Wyckoff.LocalServers;

public sealed record LocalPostgresOptions
{
    public ServerHome Home { get; init; } = ServerHome.FromEnvironment();

    /// <summary>Null: data/postgres in the home.</summary>
    public string? DataFolder { get; init; }

    /// <summary>0: any that is free.</summary>
    public int Port { get; init; }

    public PostgresEdition Edition { get; init; }

    /// <summary>False for tests: a crash of the machine may lose the data, and memory is used sparingly.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>Receives one line per step.</summary>
    public Action<string> Log { get; init; } = _ => { };

    /// <summary>Receives what the server logs, which a file beside its data keeps in any case.</summary>
    public Action<string> ServerLog { get; init; } = _ => { };

    /// <summary>Server settings that win over ours.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>A PostgreSQL on loopback that ends when we do. Beside its data folder lie its password, what it was last run with, and a lock.</summary>
public sealed class LocalPostgres : IAsyncDisposable
{
    private static readonly TimeSpan _startLimit = TimeSpan.FromMinutes(3); // recovery after a crash may take its time
    private static readonly TimeSpan _leavingLimit = TimeSpan.FromSeconds(15);
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
                    $"The data folder {data} is in use{await DescribeServerAsync(data, cancellationToken)}: stop that first, or name another folder."
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
            throw new LocalServerException($"The data folder {data} is not ours to use: {e.Message}", e);
        }
    }

    /// <summary>Fast shutdown: open transactions are rolled back, everything committed is on disk.</summary>
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
            // Backends of a killed server hold its shared memory for a moment longer, and a port that was free may have been taken meanwhile.
            var log = process.LastLines;
            var passes =
                log.Any(line => line.Contains("shared memory block", StringComparison.Ordinal))
                || (options.Port == 0 && log.Any(line => line.Contains("Address already in use", StringComparison.Ordinal)));
            if (!passes || waited.Elapsed > _leavingLimit)
            {
                await serverLog.DisposeAsync();
                throw new LocalServerException(
                    $"PostgreSQL in {data} ended while starting: {log.LastOrDefault(line => line.StartsWith("FATAL", StringComparison.Ordinal)) ?? log.LastOrDefault() ?? "it said nothing"}"
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

            if (waited.Elapsed > _startLimit)
            {
                throw new LocalServerException(
                    $"PostgreSQL was not ready after {_startLimit.TotalSeconds:0} s: {process.LastLines.LastOrDefault()}"
                );
            }

            await Task.WhenAny(process.Exited, Task.Delay(50, cancellationToken));
        }
        return false;
    }

    // Of a server in this folder, whoever started it.
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
        // We hold the lock, so a server found here has lost its starter and its leash is ending it; or somebody started it by hand.
        var waited = Stopwatch.StartNew();
        while (ReadPid(data) is { } pid)
        {
            if (!await ServerProcess.IsPostgresOfAsync(pid, data, cancellationToken))
            {
                // PostgreSQL copes with the process id of a dead process, not with one that belongs to something else by now.
                if (ServerProcess.IsAlive(pid))
                {
                    File.Delete(Path.Combine(data, "postmaster.pid"));
                }

                return;
            }
            if (waited.Elapsed > _leavingLimit)
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
                $"The data in {data} was made by PostgreSQL {major}, and here is {binaries.Version}: install PostgreSQL {major}, or name another folder and restore a backup there."
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
                $"The data in {data} was last used with TimescaleDB {last} {edition}, which {here} cannot read: use that edition again, or name another folder."
            );
        }
    }

    // "2.30.0-dev" counts as 2.30.0.
    private static string Numbers(string version) => version.Split('-')[0];

    private static async Task InitializeAsync(
        LocalPostgresOptions options,
        PostgresBinaries binaries,
        string data,
        CancellationToken cancellationToken
    )
    {
        options.Log($"Making the database folder {data}");
        // Made beside and renamed: an initdb that was killed leaves nothing that looks like a database.
        var fresh = data + ".new";
        if (Directory.Exists(fresh))
        {
            Directory.Delete(fresh, recursive: true);
        }

        await options.Home.MakePrivateFolderAsync(fresh, cancellationToken);
        // One that lies there already was put there for us, or is left from an initdb that did not get to its end.
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

    /// <summary>Binaries newer than at the last start: no session can load the old library any more, and only ALTER EXTENSION is let through.</summary>
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
            log($"Bringing the databases from TimescaleDB {last.Split(' ')[^1]} to {EditionVersion}");
            foreach (
                var database in (
                    await PsqlAsync("template1", "SELECT datname FROM pg_database WHERE datallowconn", cancellationToken)
                ).Output.Split('\n')
            )
            {
                var (code, _, error) = await PsqlAsync(database, "ALTER EXTENSION timescaledb UPDATE", cancellationToken);
                if (code != 0 && !error.Contains("does not exist", StringComparison.Ordinal))
                {
                    throw new LocalServerException($"The database {database} cannot be brought to TimescaleDB {EditionVersion}: {error}");
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

    // Messages in English, because we read them; and nothing of a user's own psql settings.
    private static readonly Dictionary<string, string?> _environment = new(StringComparer.Ordinal)
    {
        ["LC_ALL"] = "C",
        ["PGOPTIONS"] = null,
        ["PGSERVICE"] = null,
        ["PGDATA"] = null,
    };

    private static Dictionary<string, string> Settings(LocalPostgresOptions options, PostgresBinaries binaries)
    {
        // What this process may use, be it the machine's or a container's.
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
