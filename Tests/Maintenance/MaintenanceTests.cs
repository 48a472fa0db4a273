using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Ingestor.Maintenance;
using Wyckoff.Tests.Trading;
using Wyckoff.Timescale;
using static Wyckoff.Tests.ConnectionCommands;

namespace Wyckoff.Tests.Maintenance;

/// <summary>
/// Tests maintenance rounds as wyckoff_worker, on each edition. The clock is in 2031, so the server's policies change nothing.
/// </summary>
public abstract class MaintenanceTests(TestDatabase database) : IAsyncDisposable
{
    protected static readonly DateTimeOffset Now = new(2031, 6, 15, 12, 30, 0, TimeSpan.Zero);

    private static readonly string[] Retained =
    [
        "market.bar_changes",
        "market.sync_payloads",
        "prediction.price_snapshots",
        "prediction.trades",
        "trading.orders",
        "trading.portfolio_snapshots",
        "trading.system_logs",
        "trading.trades",
    ];

    private readonly List<IAsyncDisposable> _opened = [];
    private string? _admin;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var opened in _opened)
        {
            await opened.DisposeAsync();
        }

        if (_admin is not null)
        {
            await database.Server.DropAsync(_admin);
        }
    }

    [Fact]
    public async Task Only_rows_older_than_the_declared_retention_are_dropped()
    {
        var owner = await CloneAsync();
        await ExecuteAsync(owner, OldAndNew);
        var before = await CountsAsync(owner);
        Assert.All(Retained, table => Assert.Equal(2, before[table]));

        var report = await Round().RunOnceAsync(Now, Token);

        Assert.True(report.Succeeded, string.Join("; ", report.Failed));
        var after = await CountsAsync(owner);
        if (database.Edition.HasPolicies)
        {
            // On this edition the server's policies drop rows, by the clock of the server.
            Assert.Equal(
                ["connect", "trading.refresh_views", "market.refresh_overview", "forget replaced bars"],
                report.Steps.Select(step => step.Name)
            );
            Assert.Equal(before, after);
            return;
        }

        Assert.All(Retained, table => Assert.Equal(1, after[table]));
        Assert.All(
            Retained,
            table =>
                Assert.Equal(
                    $"1 {(database.Edition.HasHypertables ? "chunks" : "rows")} dropped",
                    report.Steps.Single(step => step.Name == "retain " + table).Done
                )
        );
        Assert.Equal(
            Retained,
            report
                .Steps.Where(step => step.Name.StartsWith("retain", StringComparison.Ordinal))
                .Select(step => step.Name[7..])
                .Order(StringComparer.Ordinal)
        );
        Assert.Equal(before.Where(Kept), after.Where(Kept));
        Assert.True(before["market.bars_1d"] > 0 && before["market.indicators"] > 0 && before["prediction.orderbook_snapshots"] > 0);
        // Totals and keys of a strategy still count its dropped orders and trades.
        Assert.Equal(
            "2 2 10",
            await TextAsync(
                owner,
                "SELECT concat_ws(' ', total_trades, winning_trades, total_pnl::int) FROM trading.strategies WHERE name = 'Trend'"
            )
        );

        Assert.Equal(
            "2 2",
            await TextAsync(owner, "SELECT (SELECT count(*) FROM trading.trade_keys) || ' ' || (SELECT count(*) FROM trading.order_keys)")
        );
        // The candles of dropped snapshots stay.
        Assert.Equal("2", await TextAsync(owner, "SELECT count(*)::text FROM prediction.price_candles_1h"));

        Assert.DoesNotContain(
            (await Round().RunOnceAsync(Now, Token)).Steps,
            step => step.Done.EndsWith("dropped", StringComparison.Ordinal) || step.Fault is not null
        );

        // Candles and volumes grow in the round, and on plain PostgreSQL the audit trail records the deletion of orders and trades.
        bool Kept(KeyValuePair<string, int> table) =>
            !Retained.Contains(table.Key, StringComparer.Ordinal)
            && !table.Key.StartsWith("prediction.price_candles", StringComparison.Ordinal)
            && !table.Key.StartsWith("prediction.trade_volume", StringComparison.Ordinal)
            && table.Key != "audit.audit_trail";
    }

    [Fact]
    public async Task Candles_include_rows_that_arrive_late()
    {
        var owner = await CloneAsync();
        var round = Round();
        const string candle =
            "SELECT concat_ws(' ', snapshots, round(high, 2)) FROM prediction.price_candles_1h WHERE bucket = '2031-06-15 10:00Z'";
        await ExecuteAsync(owner, "INSERT INTO prediction.price_snapshots (ts, token_id, price) VALUES ('2031-06-15 10:20Z', 'a', 0.4)");
        await round.RunOnceAsync(Now, Token);
        Assert.Equal("1 0.40", await TextAsync(owner, candle));
        await ExecuteAsync(owner, "INSERT INTO prediction.price_snapshots (ts, token_id, price) VALUES ('2031-06-15 10:10Z', 'a', 0.9)");
        await round.RunOnceAsync(Now, Token);
        Assert.Equal("2 0.90", await TextAsync(owner, candle));
    }

    [Fact]
    public async Task Materialized_views_are_refreshed()
    {
        var owner = await CloneAsync();
        await ExecuteAsync(
            owner,
            $"""
            {TradingRows.Insert("strategies", "status='active'")};
            INSERT INTO market.tickers (id, symbol) VALUES (7, 'VIEWED');
            INSERT INTO market.bars_1d
                   (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
            VALUES (7, '2026-01-05', 1, 1, 1, 1, 1, 0, 1, 1, false, 'x')
            """
        );
        const string views = """
            SELECT concat_ws(' ',
                (SELECT count(*) FROM trading.active_strategies WHERE name = 'Trend'),
                (SELECT count(*) FROM market.market_overview WHERE symbol = 'VIEWED'))
            """;
        Assert.Equal("0 0", await TextAsync(owner, views));
        Assert.True((await Round().RunOnceAsync(Now, Token)).Succeeded);
        Assert.Equal("1 1", await TextAsync(owner, views));
    }

    [Fact]
    public async Task Of_two_concurrent_rounds_the_second_does_nothing()
    {
        var owner = await CloneAsync();
        await using var hold = await owner.BeginTransactionAsync(Token);
        await ExecuteAsync(owner, "LOCK TABLE trading.strategies IN ACCESS EXCLUSIVE MODE");
        var first = Round().RunOnceAsync(Now, Token);
        await Eventually.GetAsync(
            () => TextAsync(owner, "SELECT count(*)::text FROM pg_locks WHERE NOT granted AND relation = 'trading.strategies'::regclass"),
            waiting => waiting != "0" || first.IsCompleted
        );
        Assert.False(first.IsCompleted);

        var round = Round();
        var second = await round.RunOnceAsync(Now, Token);
        Assert.True(second is { Elsewhere: true, Succeeded: true, Steps: [] });

        await hold.RollbackAsync(Token);
        Assert.True((await first).Succeeded);
        Assert.False((await round.RunOnceAsync(Now, Token)).Elsewhere);
    }

    [Fact]
    public async Task A_failed_step_does_not_stop_the_others_and_is_retried_in_the_next_round()
    {
        var owner = await CloneAsync();
        await ExecuteAsync(owner, OldAndNew);
        var withoutPolicies = !database.Edition.HasPolicies;
        const string candles = "FUNCTION prediction.refresh_price_candles_1h(timestamptz)";
        await ExecuteAsync(owner, "REVOKE EXECUTE ON FUNCTION trading.refresh_views() FROM wyckoff_worker");
        if (withoutPolicies)
        {
            await ExecuteAsync(owner, $"REVOKE EXECUTE ON {candles} FROM wyckoff_worker");
        }

        var round = Round();
        var report = await round.RunOnceAsync(Now, Token);

        // Rows that are not aggregated yet are not dropped.
        string[] failed = withoutPolicies
            ? ["refresh prediction.price_candles_1h", "retain prediction.price_snapshots", "trading.refresh_views"]
            : ["trading.refresh_views"];
        Assert.Equal(failed, report.Failed.Select(step => step.Name));
        Assert.Null(report.Steps.Single(step => step.Name == "market.refresh_overview").Fault);
        var counts = await CountsAsync(owner);
        Assert.Equal((2, withoutPolicies ? 1 : 2), (counts["prediction.price_snapshots"], counts["prediction.trades"]));

        await ExecuteAsync(owner, "GRANT EXECUTE ON FUNCTION trading.refresh_views() TO wyckoff_worker");
        if (withoutPolicies)
        {
            await ExecuteAsync(owner, $"GRANT EXECUTE ON {candles} TO wyckoff_worker");
        }

        Assert.True((await round.RunOnceAsync(Now, Token)).Succeeded);
        Assert.Equal(withoutPolicies ? 1 : 2, (await CountsAsync(owner))["prediction.price_snapshots"]);
    }

    [Fact]
    public async Task The_worker_role_has_no_rights_of_the_owner_and_the_app_role_cannot_become_the_worker()
    {
        Assert.Equal("42501", await ValidRow.BrokenByAsync(database.App, "SET ROLE wyckoff_worker", Token));
        await using var worker = NpgsqlDataSource.Create(database.WorkerConnection);
        await using (var who = worker.CreateCommand("SELECT concat_ws(' ', session_user, current_user)"))
        {
            Assert.Equal("wyckoff_worker wyckoff_worker", await who.ExecuteScalarAsync(Token));
        }

        foreach (
            var statement in new[]
            {
                "SET ROLE wyckoff_owner",
                "DROP TABLE market.bars_1d",
                "TRUNCATE trading.trades",
                "DELETE FROM audit.audit_trail",
                "CREATE TABLE public.mine (id int)",
            }
        )
        {
            Assert.Equal("42501", await ValidRow.BrokenByAsync(worker, statement, Token));
        }
    }

    [Fact]
    public async Task Health_depends_on_the_age_of_the_last_full_success()
    {
        var owner = await CloneAsync();
        var clock = new Clock(Now);
        using var worker = new MaintenanceWorker(
            Opened(new MaintenanceDatabase(WorkerConnection)),
            Round(),
            Options.Create(new MaintenanceOptions()),
            clock,
            NullLogger<MaintenanceWorker>.Instance
        );
        Assert.Equal((HealthStatus.Healthy, "the first round is running"), await HealthAsync());
        await worker.RunOnceAsync(Now, Token);
        clock.Now += TimeSpan.FromMinutes(5);
        Assert.Equal((HealthStatus.Healthy, "last full success 300 s ago"), await HealthAsync());

        await ExecuteAsync(owner, "REVOKE EXECUTE ON FUNCTION market.refresh_overview() FROM wyckoff_worker");
        await worker.RunOnceAsync(clock.Now, Token);
        Assert.Equal(HealthStatus.Healthy, (await HealthAsync()).Status);
        clock.Now += TimeSpan.FromMinutes(11);
        await worker.RunOnceAsync(clock.Now, Token);
        var (status, description) = await HealthAsync();
        Assert.Equal(HealthStatus.Degraded, status);
        Assert.Contains("last full success 960 s ago; failing: market.refresh_overview", description, StringComparison.Ordinal);

        await ExecuteAsync(owner, "GRANT EXECUTE ON FUNCTION market.refresh_overview() TO wyckoff_worker");
        await worker.RunOnceAsync(clock.Now, Token);
        Assert.Equal((HealthStatus.Healthy, "last full success 0 s ago"), await HealthAsync());

        async Task<(HealthStatus Status, string? Description)> HealthAsync()
        {
            var result = await worker.CheckHealthAsync(new(), Token);
            return (result.Status, result.Description);
        }
    }

    // One row older and one row newer than the retention in each table that has one, and old rows in tables without a retention.
    private static string OldAndNew
    {
        get
        {
            string Two(string table, string changes, string first = "'2023-01-05'", string second = "'2031-06-01'") =>
                string.Concat(
                    new[] { first, second }.Select(time =>
                        TradingRows.Insert(table, $"time={time};{changes.Replace("#", time[1..5], StringComparison.Ordinal)}") + ";\n"
                    )
                );
            const string strategy = "'00000000-0000-7000-8000-00000000000f'";
            return $"""
                {TradingRows.Insert("strategies", $"id={strategy}")};
                {Two("orders", "id='00000000-0000-7000-8000-00000000#'")}
                {Two("trades", $"strategy_id={strategy};side='sell';entry_price=9;exit_price=10;pnl=5;fee=1")}
                {Two("portfolio_snapshots", "")}
                {Two("system_logs", "", "'2030-01-05'")}
                INSERT INTO market.bar_changes (ticker_id, timeframe, version, range, committed_at)
                VALUES (1, '1d', 1, '[2024-01-01,2024-01-02)', '2031-06-13'),
                       (1, '1d', 2, '[2024-01-01,2024-01-02)', '2031-06-15 12:00Z');
                INSERT INTO market.sync_payloads (sync_id, ticker_id, page, received_at, request, content_type, encoding, bytes, payload)
                VALUES (1, 1, 1, '2031-05-01', 'r', 'c', 'gzip', 1, '\x00'),
                       (1, 1, 2, '2031-06-01', 'r', 'c', 'gzip', 1, '\x00');
                INSERT INTO market.bars_1d
                       (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
                VALUES (1, '1990-01-05', 1, 1, 1, 1, 1, 0, 1, 1, false, 'x');
                INSERT INTO market.indicators (ticker_id, timeframe, timestamp) VALUES (1, '1d', '1990-01-05');
                INSERT INTO prediction.price_snapshots (ts, token_id, price) VALUES ('2031-03-01', 'a', 0.5), ('2031-06-01', 'a', 0.5);
                INSERT INTO prediction.trades (ts, token_id, side, price, size, trade_id)
                VALUES ('2031-03-01', 'a', 'BUY', 0.5, 1, '1'),
                       ('2031-06-01', 'a', 'BUY', 0.5, 1, '2');
                INSERT INTO prediction.orderbook_snapshots (ts, token_id, bids, asks) VALUES ('1990-01-01', 'a', '[]', '[]')
                """;
        }
    }

    private string WorkerConnection =>
        new NpgsqlConnectionStringBuilder(_admin) { Username = "wyckoff_worker", Password = TestServers.WorkerPassword }.ConnectionString;

    private MaintenanceRound Round()
    {
        using var context = database.Context();
        return new(
            Opened(new MaintenanceDatabase(WorkerConnection)),
            context.Model.Hypertables(),
            context.Model.ContinuousAggregates(),
            TimeSpan.FromDays(30),
            NullLogger<MaintenanceRound>.Instance
        );
    }

    /// <summary>Creates a database for one test and connects as wyckoff_owner.</summary>
    private async Task<NpgsqlConnection> CloneAsync()
    {
        _admin = await database.Server.CloneAsync();
        await using (var source = NpgsqlDataSource.Create(_admin))
        {
            await using var admin = await source.OpenConnectionAsync(Token);
            await TestDatabase.RestPoliciesAsync(admin);
        }

        var owner = Opened(
            new NpgsqlConnection(
                new NpgsqlConnectionStringBuilder(_admin)
                {
                    Options = "-c role=wyckoff_owner -c timezone=UTC",
                    Pooling = false,
                }.ConnectionString
            )
        );
        await owner.OpenAsync(Token);
        return owner;
    }

    private T Opened<T>(T opened)
        where T : IAsyncDisposable
    {
        _opened.Add(opened);
        return opened;
    }

    private static async Task<SortedDictionary<string, int>> CountsAsync(NpgsqlConnection connection)
    {
        const string sql = """
            SELECT n.nspname || '.' || c.relname,
                   (xpath('/row/n/text()',
                          query_to_xml(format('SELECT count(*) AS n FROM %I.%I', n.nspname, c.relname), false, true, '')))[1]::text::int
              FROM pg_class c
              JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p')
               AND n.nspname IN ('account', 'market', 'wyckoff', 'trading', 'journal', 'prediction', 'audit')
            """;
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        while (await reader.ReadAsync(Token))
        {
            counts[reader.GetString(0)] = reader.GetInt32(1);
        }

        return counts;
    }

    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}

public sealed class PlainMaintenanceTests(PlainDatabase database) : MaintenanceTests(database), IClassFixture<PlainDatabase>;

public sealed class ApacheMaintenanceTests(ApacheDatabase database) : MaintenanceTests(database), IClassFixture<ApacheDatabase>;

public sealed class CommunityMaintenanceTests(CommunityDatabase database) : MaintenanceTests(database), IClassFixture<CommunityDatabase>;
