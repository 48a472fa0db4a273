using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Wyckoff.LocalServers;

namespace Wyckoff.Benchmarks;

/// <summary>A server of the benchmark's own on the best edition there is, with databases that have the whole schema. Policies rest: both sides would have to share the machine with them.</summary>
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

    /// <summary>As the services connect.</summary>
    public string AppConnection => AppConnectionTo(Main);

    public string AppConnectionTo(string database) =>
        $"Host={_server.Host};Port={_server.Port};Username=wyckoff_app;Password={Password};Database={database};Options=-c plan_cache_mode=force_custom_plan";

    public string Description { get; private set; } = "";

    public static string Program(string project)
    {
        var ours = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(
            ours.Parent!.Parent!.Parent!.Parent!.FullName,
            project,
            "bin",
            ours.Parent.Name,
            ours.Name,
            $"Wyckoff.{project}.dll"
        );
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
                : "SELECT string_agg(hypertable_name || ' ' || extract(epoch FROM time_interval)::int / 86400 || ' d', ', ' ORDER BY time_interval, hypertable_name) FROM timescaledb_information.dimensions WHERE hypertable_name LIKE 'bars_%'",
            cancellationToken
        );
        server.Description = string.Create(
            CultureInfo.InvariantCulture,
            $"PostgreSQL {server._server.Version}, {server._server.Edition} {server._server.EditionVersion}; chunks: {chunks}; {Environment.ProcessorCount} cores"
        );
        return server;
    }

    /// <summary>A database with the whole schema and nothing in it.</summary>
    public async Task AddDatabaseAsync(string database, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", [Program("MigrationService")]) { RedirectStandardOutput = true };
        start.Environment["ConnectionStrings__wyckoff"] = _server.ConnectionString(database);
        start.Environment["Wyckoff__AppPassword"] = Password;
        start.Environment["Wyckoff__WorkerPassword"] = Password;
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

    /// <summary>Does what the server would otherwise begin to do on its own after it was filled.</summary>
    public async Task SettleAsync(string database, CancellationToken cancellationToken)
    {
        await ExecuteInAsync(database, "VACUUM ANALYZE", cancellationToken);
        await ExecuteInAsync(database, "CHECKPOINT", cancellationToken);
    }

    /// <summary>No bars, and no trace of any.</summary>
    public async Task EmptyAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            "TRUNCATE market.bars_1m, market.bars_5m, market.bars_15m, market.bars_30m, market.bars_1h, market.bars_4h, market.bars_1d, market.bar_windows, market.bar_changes, market.import_batches CASCADE",
            cancellationToken
        );
        await ExecuteAsync("CHECKPOINT", cancellationToken);
    }

    /// <summary>Wall-clock seconds of psql's \copy of a file.</summary>
    public Task<double> CopyAsync(string table, string columns, string file, CancellationToken cancellationToken) =>
        PsqlAsync($"\\copy {table} ({columns}) FROM '{file}' WITH (FORMAT csv)", null, cancellationToken);

    /// <summary>Wall-clock seconds that psql takes for a command, of which the output goes into a file.</summary>
    public async Task<double> PsqlAsync(string command, string? output, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        string[] into = output is null ? [] : ["-o", output];
        var start = new ProcessStartInfo(
            Path.Combine(_server.BinFolder, "psql"),
            [
                "-X",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                .. into,
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
