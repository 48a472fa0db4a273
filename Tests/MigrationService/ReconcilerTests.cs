using Npgsql;
using Wyckoff.LocalServers;
using Wyckoff.Timescale;

namespace Wyckoff.Tests.MigrationService;

/// <summary>Compares the declared storage with the server, on each edition.</summary>
public abstract class ReconcilerTests(TestDatabase database)
{
    protected TestDatabase Database { get; } = database;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_left_to_do_after_a_migration()
    {
        await using var connection = await Database.Admin.OpenConnectionAsync(Token);
        Assert.Empty(await new TimescaleReconciler(Database.Edition, Declared(), Aggregates()).PlanAsync(connection, Token));
    }

    [Fact]
    public async Task A_changed_declaration_is_applied_once()
    {
        var connectionString = await Database.Server.CloneAsync();
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var connection = await source.OpenConnectionAsync(Token);
        var changed = Declared()
            .Select(h =>
                h.Table == "bars_1m"
                    ? h with
                    {
                        Storage = h.Storage with
                        {
                            ChunkInterval = TimeSpan.FromDays(7),
                            CompressAfter = TimeSpan.FromDays(14),
                            Retain = TimeSpan.FromDays(3650),
                        },
                    }
                    : h
            )
            .ToList();
        var reconciler = new TimescaleReconciler(Database.Edition, changed, Aggregates());

        var plan = await reconciler.PlanAsync(connection, Token);
        Assert.Equal(
            Database.Edition.Edition switch
            {
                Edition.Community => 3,
                Edition.Apache => 1,
                _ => 0,
            },
            plan.Count
        );
        Assert.All(plan, step => Assert.Equal("market.bars_1m", step.Table));
        await TimescaleReconciler.ApplyAsync(connection, plan, Token);
        Assert.Empty(await reconciler.PlanAsync(connection, Token));

        // Back to the original declaration, which drops the retention policy.
        await TimescaleReconciler.ApplyAsync(
            connection,
            await new TimescaleReconciler(Database.Edition, Declared(), Aggregates()).PlanAsync(connection, Token),
            Token
        );
        Assert.Empty(await new TimescaleReconciler(Database.Edition, Declared(), Aggregates()).PlanAsync(connection, Token));
        await connection.CloseAsync();
        await Database.Server.DropAsync(connectionString);
    }

    [Fact]
    public async Task A_filled_table_becomes_a_hypertable_without_losing_a_row()
    {
        var connectionString = Database.Server.NewDatabase();
        Assert.Equal(0, (await Migrations.RunAsync(connectionString, new() { ["Wyckoff__Timescale"] = "off" })).ExitCode);
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using (
            var fill = source.CreateCommand(
                """
                INSERT INTO market.tickers (symbol) VALUES ('FILL');
                INSERT INTO market.bars_1h (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio,
                  volume_ratio, low_history, source)
                SELECT t.id, time, 10, 12, 9, 11, 100, 3, 1, 1, false, 'test'
                  FROM market.tickers t, generate_series(timestamptz '2020-01-01', '2023-12-31', interval '1 hour') AS time
                """
            )
        )
        {
            await fill.ExecuteNonQueryAsync(Token);
        }

        var environment = Database is PlainDatabase ? new Dictionary<string, string> { ["Wyckoff__Timescale"] = "off" } : [];
        var (exitCode, _, error) = await Migrations.RunAsync(connectionString, environment);
        Assert.True(exitCode == 0, error);
        Assert.Equal(0, (await Migrations.RunAsync(connectionString, environment, "--verify")).ExitCode);
        await using var count = source.CreateCommand("SELECT count(*) FROM market.bars_1h");
        Assert.Equal(35_041L, await count.ExecuteScalarAsync(Token));
        NpgsqlConnection.ClearPool(source.CreateConnection());
        await Database.Server.DropAsync(connectionString);
    }

    [Fact]
    public async Task Deleting_a_ticker_removes_only_its_bars()
    {
        await Database.ExecuteAsync(
            """
            INSERT INTO market.tickers (symbol) VALUES ('GONE'), ('STAYS');
            INSERT INTO market.bars_1d (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio,
              volume_ratio, low_history, source)
            SELECT id, '2024-01-02', 10, 12, 9, 11, 100, 3, 1, 1, true, 'test' FROM market.tickers WHERE symbol IN ('GONE', 'STAYS')
            """
        );
        await using var delete = Database.App.CreateCommand("DELETE FROM market.tickers WHERE symbol = 'GONE'");
        Assert.Equal(1, await delete.ExecuteNonQueryAsync(Token));
        Assert.Equal(
            "STAYS",
            await Database.ScalarAsync<string>(
                "SELECT string_agg(coalesce(symbol, 'orphan'), ',') FROM market.bars_1d LEFT JOIN market.tickers ON id = ticker_id"
            )
        );
    }

    protected IReadOnlyList<Hypertable> Declared()
    {
        using var context = Database.OwnerContext();
        return context.Model.Hypertables();
    }

    protected IReadOnlyList<ContinuousAggregate> Aggregates()
    {
        using var context = Database.OwnerContext();
        return context.Model.ContinuousAggregates();
    }
}

public sealed class PlainReconcilerTests(PlainDatabase database) : ReconcilerTests(database), IClassFixture<PlainDatabase>
{
    [Fact]
    public async Task There_is_no_extension_and_tables_are_plain()
    {
        Assert.Equal(Edition.None, Database.Edition.Edition);
        Assert.Equal(0L, await Database.ScalarAsync<long>("SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'"));
        Assert.Equal(
            7L,
            await Database.ScalarAsync<long>("SELECT count(*) FROM pg_tables WHERE schemaname = 'market' AND tablename ~ '^bars_'")
        );
    }
}

public sealed class ApacheReconcilerTests(ApacheDatabase database) : ReconcilerTests(database), IClassFixture<ApacheDatabase>
{
    [Theory]
    [InlineData("bars_1m", 1)]
    [InlineData("bars_5m", 7)]
    [InlineData("bars_15m", 30)]
    [InlineData("bars_30m", 30)]
    [InlineData("bars_1h", 90)]
    [InlineData("bars_4h", 365)]
    [InlineData("bars_1d", 365)]
    public async Task Chunks_have_the_declared_width(string table, int days)
    {
        Assert.Equal(Edition.Apache, Database.Edition.Edition);
        Assert.Equal(
            TimeSpan.FromDays(days),
            await Database.ScalarAsync<TimeSpan>(
                "SELECT time_interval FROM timescaledb_information.dimensions WHERE hypertable_schema = 'market' AND hypertable_name = $1",
                table
            )
        );
        Assert.Equal(
            1L,
            await Database.ScalarAsync<long>("SELECT count(*) FROM pg_indexes WHERE schemaname = 'market' AND tablename = $1", table)
        );
    }
}

public sealed class CommunityReconcilerTests(CommunityDatabase database) : ReconcilerTests(database), IClassFixture<CommunityDatabase>
{
    [Fact]
    public async Task Bars_are_compressed_by_ticker_after_seven_days()
    {
        Assert.Equal(Edition.Community, Database.Edition.Edition);
        Assert.Equal(
            7L,
            await Database.ScalarAsync<long>(
                """
                SELECT count(*)
                  FROM timescaledb_information.jobs
                 WHERE proc_name = 'policy_compression' AND hypertable_schema = 'market' AND hypertable_name ~ '^bars_'
                   AND (config ->> 'compress_after')::interval = interval '7 days'
                """
            )
        );
        Assert.Equal(
            "ticker_id",
            await Database.ScalarAsync<string>(
                """
                SELECT attname::text
                  FROM timescaledb_information.compression_settings
                 WHERE hypertable_name = 'bars_1m' AND segmentby_column_index = 1
                """
            )
        );
    }

    [Fact]
    public async Task A_database_of_the_Apache_edition_gains_compression_on_a_Community_server()
    {
        var token = Token;
        _ = Database.AdminConnection; // skips the test where there is no such server
        string before;
        await using (var apache = await TestServers.Current.OwnPostgresAsync("moving", edition: PostgresEdition.Apache))
        {
            Assert.Equal(0, (await Migrations.RunAsync(apache.ConnectionString("wyckoff"))).ExitCode);
            await using var source = NpgsqlDataSource.Create(apache.ConnectionString("wyckoff"));
            await using var fill = source.CreateCommand(
                """
                INSERT INTO market.tickers (symbol) VALUES ('MOVE');
                INSERT INTO market.bars_1d (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio,
                  volume_ratio, low_history, source)
                SELECT t.id, time, 10, 12, 9, 11, 100, 3, 1, 1, false, 'test'
                  FROM market.tickers t, generate_series(timestamptz '2020-01-01', '2023-12-31', interval '1 day') AS time;
                SELECT count(*) || ' ' || sum(extract(epoch FROM timestamp)) FROM market.bars_1d
                """
            );
            before = (string)(await fill.ExecuteScalarAsync(token))!;
        }

        await using var community = await TestServers.Current.OwnPostgresAsync("moving", edition: PostgresEdition.Community);
        var (exitCode, output, error) = await Migrations.RunAsync(community.ConnectionString("wyckoff"));
        Assert.True(exitCode == 0, error);
        Assert.Contains("compress what is older than 7 days", output, StringComparison.Ordinal);
        Assert.Equal(0, (await Migrations.RunAsync(community.ConnectionString("wyckoff"), null, "--verify")).ExitCode);
        await using var moved = NpgsqlDataSource.Create(community.ConnectionString("wyckoff"));
        await using var check = moved.CreateCommand("SELECT count(*) || ' ' || sum(extract(epoch FROM timestamp)) FROM market.bars_1d");
        Assert.Equal(before, await check.ExecuteScalarAsync(token));
    }
}
