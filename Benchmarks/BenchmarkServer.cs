using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Wyckoff.LocalServers;

namespace Wyckoff.Benchmarks;

/// <summary>A database of the benchmark's own, with the whole schema, on the best edition there is. Policies rest: both sides would have to share the machine with them.</summary>
internal sealed class BenchmarkServer : IAsyncDisposable
{
    private const string Password = "bench";
    private readonly LocalPostgres _server;

    private BenchmarkServer(LocalPostgres server)
    {
        _server = server;
        Admin = NpgsqlDataSource.Create(server.ConnectionString("wyckoff"));
    }

    public NpgsqlDataSource Admin { get; }

    /// <summary>As the services connect.</summary>
    public string AppConnection => $"Host={_server.Host};Port={_server.Port};Username=wyckoff_app;Password={Password};Database=wyckoff;Options=-c plan_cache_mode=force_custom_plan";

    public string Description { get; private set; } = "";

    public static string Program(string project)
    {
        var ours = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(ours.Parent!.Parent!.Parent!.Parent!.FullName, project, "bin", ours.Parent.Name, ours.Name, $"Wyckoff.{project}.dll");
    }

    public static async Task<BenchmarkServer> StartAsync(string folder, CancellationToken cancellationToken)
    {
        var server = new BenchmarkServer(await LocalPostgres.StartAsync(new() { DataFolder = folder, Log = Console.WriteLine }, cancellationToken));
        var start = new ProcessStartInfo("dotnet", [Program("MigrationService")]) { RedirectStandardOutput = true };
        start.Environment["ConnectionStrings__wyckoff"] = server._server.ConnectionString("wyckoff");
        start.Environment["Wyckoff__AppPassword"] = Password;
        start.Environment["Wyckoff__WorkerPassword"] = Password;
        using var migration = Process.Start(start)!;
        await migration.StandardOutput.ReadToEndAsync(cancellationToken);
        await migration.WaitForExitAsync(cancellationToken);
        if (migration.ExitCode != 0)
        {
            throw new InvalidOperationException($"The migrations ended with {migration.ExitCode}.");
        }

        if (server._server.Edition == PostgresEdition.Community)
        {
            await server.ExecuteAsync("SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs WHERE hypertable_name IS NOT NULL", cancellationToken);
        }

        var chunks = await server.ScalarAsync<string>(
            server._server.Edition == PostgresEdition.Plain
                ? "SELECT 'plain tables'"
                : "SELECT string_agg(hypertable_name || ' ' || extract(epoch FROM time_interval)::int / 86400 || ' d', ', ' ORDER BY time_interval, hypertable_name) FROM timescaledb_information.dimensions WHERE hypertable_name LIKE 'bars_%'",
            cancellationToken);
        server.Description = string.Create(CultureInfo.InvariantCulture, $"PostgreSQL {server._server.Version}, {server._server.Edition} {server._server.EditionVersion}; chunks: {chunks}; {Environment.ProcessorCount} cores");
        return server;
    }

    /// <summary>No bars, and no trace of any.</summary>
    public async Task EmptyAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            "TRUNCATE market.bars_1m, market.bars_5m, market.bars_15m, market.bars_30m, market.bars_1h, market.bars_4h, market.bars_1d, market.bar_windows, market.bar_changes, market.import_batches CASCADE",
            cancellationToken);
        await ExecuteAsync("CHECKPOINT", cancellationToken);
    }

    /// <summary>Wall-clock seconds of psql's \copy of a file.</summary>
    public async Task<double> CopyAsync(string table, string columns, string file, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var start = new ProcessStartInfo(Path.Combine(_server.BinFolder, "psql"), ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", $"\\copy {table} ({columns}) FROM '{file}' WITH (FORMAT csv)", $"host={_server.Host} port={_server.Port} user=wyckoff_app dbname=wyckoff"]);
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

    public async ValueTask DisposeAsync()
    {
        await Admin.DisposeAsync();
        await _server.DisposeAsync();
    }
}
