using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Wyckoff.LocalServers;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Benchmarks;

/// <summary>
/// A PostgreSQL server for one benchmark, of the best edition found, with migrated databases. The TimescaleDB policies are off, because
/// their jobs would disturb the measurements.
/// </summary>
internal sealed class BenchmarkServer : IAsyncDisposable
{
    public const string Main = "wyckoff";
    private const string Password = "bench";
    private readonly LocalPostgres _server;

    private BenchmarkServer(LocalPostgres server)
    {
        _server = server;
        Admin = NpgsqlDataSource.Create(server.ConnectionString(Main));
    }

    public NpgsqlDataSource Admin { get; }

    /// <summary>The connection string of the services' role, with the options that the services use.</summary>
    public string AppConnection => AppConnectionTo(Main);

    public string AppConnectionTo(string database) =>
        $"Host={_server.Host};Port={_server.Port};Username=wyckoff_app;Password={Password};Database={database};"
        + "Options=-c plan_cache_mode=force_custom_plan";

    public string Description { get; private set; } = "";

    /// <summary>Returns the built program of a project, in the same configuration as this program.</summary>
    public static string Program(string project)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var configuration = framework.Parent!;
        var solution = configuration.Parent!.Parent!.Parent!.FullName;
        return Path.Combine(solution, project, "bin", configuration.Name, framework.Name, $"Wyckoff.{project}.dll");
    }

    public static async Task<BenchmarkServer> StartAsync(string folder, CancellationToken cancellationToken)
    {
        var server = new BenchmarkServer(
            await LocalPostgres.StartAsync(new() { DataFolder = folder, Log = Console.WriteLine }, cancellationToken)
        );
        await server.AddDatabaseAsync(Main, cancellationToken);
        var chunks = await server.ScalarAsync<string>(
            server._server.Edition == PostgresEdition.Plain
                ? "SELECT 'plain tables'"
                : """
                SELECT string_agg(
                         hypertable_name || ' ' || extract(epoch FROM time_interval)::int / 86400 || ' d',
                         ', ' ORDER BY time_interval, hypertable_name)
                  FROM timescaledb_information.dimensions
                 WHERE hypertable_name LIKE 'bars_%'
                """,
            cancellationToken
        );
        var postgres = server._server;
        server.Description = string.Create(
            CultureInfo.InvariantCulture,
            $"PostgreSQL {postgres.Version}, {postgres.Edition} {postgres.EditionVersion}; "
                + $"chunks: {chunks}; {Environment.ProcessorCount} cores"
        );
        return server;
    }

    /// <summary>Adds the tickers of all symbols to the main database and returns their ids.</summary>
    public static async Task<List<int>> AddTickersAsync(NpgsqlDataSource app, CancellationToken cancellationToken)
    {
        var ids = new List<int>();
        var directory = new TickerDirectory(app);
        for (var symbol = 0; symbol < BarData.Symbols; symbol++)
        {
            ids.Add((await directory.GetOrAddAsync(Symbol.Parse(BarData.SymbolName(symbol)), cancellationToken)).Id);
        }

        return ids;
    }

    /// <summary>Creates a database and migrates it to the current schema.</summary>
    public async Task AddDatabaseAsync(string database, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", [Program("MigrationService")]) { RedirectStandardOutput = true };
        start.Environment["ConnectionStrings__wyckoff"] = _server.ConnectionString(database);
        start.Environment["Wyckoff__AppPassword"] = Password;
        start.Environment["Wyckoff__WorkerPassword"] = Password;
        start.Environment["Wyckoff__Access"] = "local"; // otherwise it writes an admin key to the user's data folder
        using var migration = Process.Start(start)!;
        await migration.StandardOutput.ReadToEndAsync(cancellationToken);
        await migration.WaitForExitAsync(cancellationToken);
        if (migration.ExitCode != 0)
        {
            throw new InvalidOperationException($"The migrations ended with {migration.ExitCode}.");
        }

        if (_server.Edition == PostgresEdition.Community)
        {
            await ExecuteInAsync(
                database,
                "SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs WHERE hypertable_name IS NOT NULL",
                cancellationToken
            );
        }
    }

    /// <summary>Runs the vacuum and the checkpoint that the server would otherwise start during the measurements.</summary>
    public async Task SettleAsync(string database, CancellationToken cancellationToken)
    {
        await ExecuteInAsync(database, "VACUUM ANALYZE", cancellationToken);
        await ExecuteInAsync(database, "CHECKPOINT", cancellationToken);
    }

    /// <summary>Deletes all bars and the records about them.</summary>
    public async Task EmptyAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            """
            TRUNCATE market.bars_1m, market.bars_5m, market.bars_15m, market.bars_30m, market.bars_1h, market.bars_4h, market.bars_1d,
                     market.bar_windows, market.bar_changes, market.import_batches
             CASCADE
            """,
            cancellationToken
        );
        await ExecuteAsync("CHECKPOINT", cancellationToken);
    }

    /// <summary>Copies a file into a table with psql's \copy, and returns the elapsed seconds.</summary>
    public Task<double> CopyAsync(string table, string columns, string file, CancellationToken cancellationToken) =>
        PsqlAsync($"\\copy {table} ({columns}) FROM '{file}' WITH (FORMAT csv)", null, cancellationToken);

    /// <summary>Runs a command with psql, optionally with its output in a file, and returns the elapsed seconds.</summary>
    public async Task<double> PsqlAsync(string command, string? output, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        string[] outputOption = output is null ? [] : ["-o", output];
        var start = new ProcessStartInfo(
            Path.Combine(_server.BinFolder, "psql"),
            [
                "-X",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                .. outputOption,
                "-c",
                command,
                $"host={_server.Host} port={_server.Port} user=wyckoff_app dbname={Main}",
            ]
        );
        start.Environment["PGPASSWORD"] = Password;
        using var psql = Process.Start(start)!;
        await psql.WaitForExitAsync(cancellationToken);
        return psql.ExitCode == 0 ? watch.Elapsed.TotalSeconds : throw new InvalidOperationException($"psql ended with {psql.ExitCode}.");
    }

    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = Admin.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<T> ScalarAsync<T>(string sql, CancellationToken cancellationToken)
    {
        await using var command = Admin.CreateCommand(sql);
        command.CommandTimeout = 0;
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task ExecuteInAsync(string database, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(_server.ConnectionString(database)) { Pooling = false, CommandTimeout = 0 }.ConnectionString
        );
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Admin.DisposeAsync();
        await _server.DisposeAsync();
    }
}
