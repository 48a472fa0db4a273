using System.Globalization;
using Npgsql;
using Wyckoff.Timescale;
using static Wyckoff.Tests.ConnectionCommands;

namespace Wyckoff.Tests.Timescale;

/// <summary>Tests aggregates and retention on each edition. The tests' clock is in 2031, out of reach of the server's policies.</summary>
public abstract class AggregateTests(TestDatabase database) : IAsyncDisposable
{
    public const string Dump = """
        SELECT string_agg(
                 concat_ws('|', extract(epoch FROM bucket)::bigint, token_id, open, high, low, close, volume_24h, snapshots),
                 E'\n' ORDER BY token_id, bucket)
          FROM prediction.price_candles_1h
        """;
    public const string DumpVolume = """
        SELECT string_agg(
                 concat_ws('|', extract(epoch FROM bucket)::bigint, token_id, trade_count, volume, notional, avg_price),
                 E'\n' ORDER BY token_id, bucket)
          FROM prediction.trade_volume_1h
        """;

    protected static readonly DateTimeOffset Now = new(2031, 6, 15, 12, 30, 0, TimeSpan.Zero);

    private readonly List<(PostgresServer Server, NpgsqlConnection Connection)> _clones = [];

    protected TestDatabase Database { get; } = database;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Retention_drops_whole_chunks_and_keeps_their_candles()
    {
        var connection = await CloneAsync();
        await ExecuteAsync(
            connection,
            """
            INSERT INTO prediction.price_snapshots (ts, token_id, price, volume_24h)
            SELECT ts, token, 0.1 + (extract(epoch FROM ts)::bigint / 600 % 80) / 100.0, 5
              FROM generate_series(timestamptz '2031-03-10 00:00Z', '2031-03-20 00:00Z', interval '10 minutes') AS ts,
                unnest(ARRAY['a', 'b']) AS token;
            INSERT INTO prediction.trades (ts, token_id, side, price, size, trade_id)
            SELECT ts, 'a', 'SELL', 0.25, 2, ts::text
              FROM generate_series(timestamptz '2031-03-10 00:00Z', '2031-03-20 00:00Z', interval '30 minutes') AS ts;
            INSERT INTO prediction.orderbook_snapshots (ts, token_id, bids, asks) VALUES ('2020-01-01', 'a', '[]', '[]')
            """
        );
        foreach (var aggregate in Aggregates())
        {
            await Retention.RefreshAsync(connection, Database.Edition, aggregate, new(2031, 3, 20, 6, 0, 0, TimeSpan.Zero), Token);
        }

        if (!Database.Edition.HasPolicies)
        {
            await ExecuteAsync(connection, "SET ROLE wyckoff_worker");
        }

        var candles = await TextAsync(connection, Dump);
        var volumes = await TextAsync(connection, DumpVolume);
        Assert.Equal(2 * ((10 * 24) + 1), candles.Split('\n').Length);

        var dropped = await Retention.RetainAsync(connection, Declared(), Aggregates(), Now, Token);

        // 90 days ago is the middle of a day, and the rows of that whole day stay.
        Assert.Equal(
            "2031-03-17 00:00",
            await TextAsync(connection, "SELECT to_char(min(ts) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') FROM prediction.price_snapshots")
        );
        Assert.Equal(
            "2031-03-17 00:00",
            await TextAsync(connection, "SELECT to_char(min(ts) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') FROM prediction.trades")
        );
        Assert.Equal("1", await TextAsync(connection, "SELECT count(*)::text FROM prediction.orderbook_snapshots"));
        Assert.Equal(Database.Edition.HasHypertables ? 7 : 7 * 144 * 2, dropped.Single(d => d.Table == "prediction.price_snapshots").Count);
        Assert.Equal(candles, await TextAsync(connection, Dump));
        Assert.Equal(volumes, await TextAsync(connection, DumpVolume));

        // A late row of an hour whose other rows are dropped must not replace the candle of that hour.
        await ExecuteAsync(
            connection,
            "INSERT INTO prediction.price_snapshots (ts, token_id, price) VALUES ('2031-03-12 10:07Z', 'a', 0.99)"
        );
        await Retention.RetainAsync(connection, Declared(), Aggregates(), Now, Token);
        Assert.Equal(candles, await TextAsync(connection, Dump));
        Assert.Equal(0, (await Retention.RetainAsync(connection, Declared(), Aggregates(), Now, Token)).Sum(d => d.Count));
    }

    [Fact]
    public async Task No_row_is_dropped_before_it_is_aggregated()
    {
        var connection = await CloneAsync();
        await ExecuteAsync(
            connection,
            """
            INSERT INTO prediction.price_snapshots (ts, token_id, price)
            SELECT ts, 'a', 0.5
              FROM generate_series(timestamptz '2031-03-19 00:00Z', '2031-03-19 23:59Z', interval '1 minute') AS ts
            """
        );
        var late = new DateTimeOffset(2031, 6, 15, 0, 0, 0, TimeSpan.Zero);
        await Retention.RetainAsync(connection, Declared(), Aggregates(), late, Token);
        await Retention.RetainAsync(connection, Declared(), Aggregates(), late.AddDays(30), Token);

        Assert.Equal("0", await TextAsync(connection, "SELECT count(*)::text FROM prediction.price_snapshots"));
        Assert.Equal("24 1440", await TextAsync(connection, "SELECT count(*) || ' ' || sum(snapshots) FROM prediction.price_candles_1h"));
    }

    [Fact]
    public async Task Only_the_worker_may_drop_old_rows_and_only_of_time_series()
    {
        const string drop = "SELECT public.drop_old('prediction.trades', 'ts', '2000-01-01')";
        Assert.Equal("42501", await ValidRow.BrokenByAsync(Database.App, drop, Token));
        Assert.Equal("42501", await ValidRow.BrokenByAsync(Database.Reader, drop, Token));
        Assert.Null(await ValidRow.BrokenByAsync(Database.Worker, drop, Token));
        Assert.Equal(
            "42501",
            await ValidRow.BrokenByAsync(Database.Worker, "SELECT public.drop_old('wyckoff.signals', 'created_at', now())", Token)
        );
    }

    [Fact]
    public async Task A_declaration_that_would_lose_buckets_is_refused()
    {
        await using var connection = await Database.Admin.OpenConnectionAsync(Token);
        await RefusedAsync(a => a with { RefreshFrom = TimeSpan.FromDays(90) }, "keeps only 90 days");
        await RefusedAsync(a => a with { RefreshFrom = TimeSpan.FromDays(200) }, "keeps only 90 days");
        await RefusedAsync(
            a => a with { BucketWidth = TimeSpan.FromHours(7), RefreshUpTo = TimeSpan.FromHours(7) },
            "in the middle of a bucket"
        );
        await RefusedAsync(a => a with { RefreshFrom = TimeSpan.FromHours(2) }, "at least two buckets");
        await RefusedAsync(a => a with { Source = "prediction.markets" }, "not declared as a hypertable");

        async Task RefusedAsync(Func<ContinuousAggregateDeclaration, ContinuousAggregateDeclaration> change, string why)
        {
            var reconciler = new TimescaleReconciler(
                Database.Edition,
                Declared(),
                [.. Aggregates().Select(a => a with { Body = change(a.Body) })]
            );
            Assert.Contains(
                why,
                (await Assert.ThrowsAsync<StorageDeclarationException>(() => reconciler.PlanAsync(connection, Token))).Message,
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public async Task The_service_roles_may_read_the_candles()
    {
        foreach (var source in new[] { Database.App, Database.Worker, Database.Reader })
        {
            await using var command = source.CreateCommand(
                "SELECT (SELECT count(*) FROM prediction.price_candles_1h) + (SELECT count(*) FROM prediction.trade_volume_1h)"
            );
            Assert.Equal(0L, await command.ExecuteScalarAsync(Token));
        }
    }

    protected IReadOnlyList<Hypertable> Declared()
    {
        using var context = Database.OwnerContext();
        return [.. context.Model.Hypertables().Where(h => h.Schema == "prediction")];
    }

    protected IReadOnlyList<ContinuousAggregate> Aggregates()
    {
        using var context = Database.OwnerContext();
        return context.Model.ContinuousAggregates();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var (server, connection) in _clones)
        {
            await connection.DisposeAsync();
            await server.DropAsync(connection.ConnectionString);
        }
    }

    /// <summary>A connection as owner to a new database for this test.</summary>
    protected async Task<NpgsqlConnection> CloneAsync(TestDatabase? of = null)
    {
        var server = (of ?? Database).Server;
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(await server.CloneAsync())
            {
                Options = "-c role=wyckoff_owner",
                Pooling = false,
            }.ConnectionString
        );
        _clones.Add((server, connection));
        await connection.OpenAsync(Token);
        return connection;
    }
}

public sealed class PlainAggregateTests(PlainDatabase database) : AggregateTests(database), IClassFixture<PlainDatabase>
{
    [Fact]
    public async Task The_stand_in_is_a_table_with_a_key()
    {
        Assert.Equal(
            "pk_price_candles_1h",
            await Database.ScalarAsync<string>(
                "SELECT conname::text FROM pg_constraint WHERE conrelid = 'prediction.price_candles_1h'::regclass AND contype = 'p'"
            )
        );
        Assert.Equal(
            0L,
            await Database.ScalarAsync<long>(
                """
                SELECT count(*)
                  FROM pg_proc p
                 WHERE p.proname ~ '^(refresh|mark)_' AND has_function_privilege('wyckoff_reader', p.oid, 'EXECUTE')
                """
            )
        );
    }

    [Fact]
    public async Task Marks_of_uncommitted_writers_stay_for_the_next_refresh()
    {
        var slow = await CloneAsync();
        await using var quick = new NpgsqlConnection(
            slow.ConnectionString + ";Password=" + new NpgsqlConnectionStringBuilder(Database.AdminConnection).Password
        );
        await quick.OpenAsync(Token);
        await using var transaction = await slow.BeginTransactionAsync(Token);
        await ExecuteAsync(slow, "INSERT INTO prediction.price_snapshots (ts, token_id, price) VALUES ('2031-03-12 10:07Z', 'a', 0.2)");
        await ExecuteAsync(quick, "INSERT INTO prediction.price_snapshots (ts, token_id, price) VALUES ('2031-03-12 10:08Z', 'a', 0.4)");
        await ExecuteAsync(quick, "SELECT prediction.refresh_price_candles_1h('2031-03-12 12:00Z')");
        Assert.Equal("1", await TextAsync(quick, "SELECT sum(snapshots)::text FROM prediction.price_candles_1h"));
        await transaction.CommitAsync(Token);
        await ExecuteAsync(quick, "SELECT prediction.refresh_price_candles_1h('2031-03-12 12:00Z')");
        Assert.Equal(
            "2 0.20000000 0.40000000",
            await TextAsync(quick, "SELECT concat_ws(' ', snapshots, open, close) FROM prediction.price_candles_1h")
        );
    }
}

public sealed class ApacheAggregateTests(ApacheDatabase database) : AggregateTests(database), IClassFixture<ApacheDatabase>
{
    [Fact]
    public async Task The_stand_in_is_an_ordinary_table()
    {
        Assert.Equal(Edition.Apache, Database.Edition.Edition);
        Assert.Equal(
            "r",
            await Database.ScalarAsync<string>("SELECT relkind::text FROM pg_class WHERE oid = 'prediction.price_candles_1h'::regclass")
        );
        Assert.Equal(
            TimeSpan.FromDays(7),
            await Database.ScalarAsync<TimeSpan>(
                """
                SELECT time_interval
                  FROM timescaledb_information.dimensions
                 WHERE hypertable_schema = 'prediction' AND hypertable_name = 'orderbook_snapshots'
                """
            )
        );
    }
}

public sealed class CommunityAggregateTests(CommunityDatabase database, PlainDatabase plain, ApacheDatabase apache)
    : AggregateTests(database),
        IClassFixture<CommunityDatabase>,
        IClassFixture<PlainDatabase>,
        IClassFixture<ApacheDatabase>
{
    [Theory]
    [InlineData("price_candles_1h")]
    [InlineData("trade_volume_1h")]
    public async Task The_aggregate_exists_with_its_policy_and_shows_the_newest_buckets(string view)
    {
        Assert.False(
            await Database.ScalarAsync<bool>(
                """
                SELECT materialized_only
                  FROM timescaledb_information.continuous_aggregates
                 WHERE view_schema = 'prediction' AND view_name = $1
                """,
                view
            )
        );
        Assert.Equal(
            "88 days 01:00:00 01:00:00",
            await Database.ScalarAsync<string>(
                """
                SELECT concat_ws(' ', config ->> 'start_offset', config ->> 'end_offset', schedule_interval)
                  FROM timescaledb_information.jobs
                 WHERE proc_name = 'policy_refresh_continuous_aggregate' AND hypertable_name = $1
                """,
                view
            )
        );
    }

    [Theory]
    [InlineData("price_snapshots", 1, "90 days")]
    [InlineData("trades", 1, "90 days")]
    [InlineData("orderbook_snapshots", 7, null)]
    public async Task Chunks_compression_and_retention_are_as_declared(string table, int chunkDays, string? retain)
    {
        Assert.Equal(
            TimeSpan.FromDays(chunkDays),
            await Database.ScalarAsync<TimeSpan>(
                """
                SELECT time_interval
                  FROM timescaledb_information.dimensions
                 WHERE hypertable_schema = 'prediction' AND hypertable_name = $1
                """,
                table
            )
        );
        Assert.Equal(
            "token_id",
            await Database.ScalarAsync<string>(
                """
                SELECT attname::text
                  FROM timescaledb_information.compression_settings
                 WHERE hypertable_schema = 'prediction' AND hypertable_name = $1 AND segmentby_column_index = 1
                """,
                table
            )
        );
        Assert.Equal(
            $"7 days|{retain}",
            await Database.ScalarAsync<string>(
                """
                SELECT (SELECT config ->> 'compress_after'
                          FROM timescaledb_information.jobs
                         WHERE hypertable_schema = 'prediction' AND hypertable_name = $1 AND proc_name = 'policy_compression')
                       || '|'
                       || coalesce(
                         (SELECT config ->> 'drop_after'
                            FROM timescaledb_information.jobs
                           WHERE hypertable_schema = 'prediction' AND hypertable_name = $1 AND proc_name = 'policy_retention'), '')
                """,
                table
            )
        );
    }

    [Fact]
    public async Task A_source_older_than_its_retention_is_aggregated_before_rows_are_dropped()
    {
        var connection = await CloneAsync();
        await ExecuteAsync(
            connection,
            """
            DROP MATERIALIZED VIEW prediction.price_candles_1h;
            SELECT remove_retention_policy('prediction.price_snapshots');
            INSERT INTO prediction.price_snapshots (ts, token_id, price) VALUES (now() - interval '300 days', 'a', 0.5)
            """
        );
        var reconciler = new TimescaleReconciler(Database.Edition, Declared(), Aggregates());
        var plan = await reconciler.PlanAsync(connection, Token);
        Assert.Equal("drop what is older than 90 days", plan[^1].What);
        Assert.All(plan.SkipLast(1), step => Assert.Equal("prediction.price_candles_1h", step.Table));
        await TimescaleReconciler.ApplyAsync(connection, plan, Token);
        await ExecuteAsync(connection, "SELECT public.drop_old('prediction.price_snapshots', 'ts', now() - interval '90 days')");
        Assert.Equal("1", await TextAsync(connection, "SELECT count(*)::text FROM prediction.price_candles_1h"));
        Assert.Equal("0", await TextAsync(connection, "SELECT count(*)::text FROM prediction.price_snapshots"));
    }

    [Fact]
    public async Task A_late_row_in_a_compressed_chunk_reaches_its_candle()
    {
        var connection = await CloneAsync();
        await ExecuteAsync(
            connection,
            """
            INSERT INTO prediction.price_snapshots (ts, token_id, price)
            SELECT ts, 'a', 0.5
              FROM generate_series(timestamptz '2031-06-01 00:00Z', '2031-06-01 23:50Z', interval '10 minutes') AS ts
            """
        );
        var candles = Aggregates().Single(a => a.View == "price_candles_1h");
        await Retention.RefreshAsync(connection, Database.Edition, candles, Now, Token);
        await ExecuteAsync(connection, "SELECT compress_chunk(c) FROM show_chunks('prediction.price_snapshots') AS c");
        Assert.Equal(
            "1",
            await TextAsync(
                connection,
                """
                SELECT count(*)::text
                  FROM timescaledb_information.chunks
                 WHERE hypertable_schema = 'prediction' AND hypertable_name = 'price_snapshots' AND is_compressed
                """
            )
        );
        Assert.Equal("144", await TextAsync(connection, "SELECT count(*)::text FROM prediction.price_snapshots WHERE token_id = 'a'"));

        await ExecuteAsync(
            connection,
            "INSERT INTO prediction.price_snapshots (ts, token_id, price) VALUES ('2031-06-01 10:05Z', 'a', 0.9)"
        );
        await Assert.ThrowsAsync<PostgresException>(() =>
            ExecuteAsync(connection, "INSERT INTO prediction.price_snapshots (ts, token_id, price) VALUES ('2031-06-01 10:10Z', 'a', 0.9)")
        );
        await Retention.RefreshAsync(connection, Database.Edition, candles, Now, Token);
        Assert.Equal(
            "7 0.90000000",
            await TextAsync(
                connection,
                "SELECT snapshots || ' ' || high FROM prediction.price_candles_1h WHERE bucket = '2031-06-01 10:00Z'"
            )
        );
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Every_edition_gives_the_same_candles_including_late_rows(int seed)
    {
        var dumps = new List<string>();
        foreach (var edition in new TestDatabase[] { Database, plain, apache })
        {
            var connection = await CloneAsync(edition);
            var random = new Random(seed);
            var seen = new HashSet<(int, int)>();
            for (var batch = 0; batch < 6; batch++)
            {
                var rows = new List<string>();
                var trades = new List<string>();
                for (var i = 0; i < 300; i++)
                {
                    var (token, second) = (random.Next(4), random.Next(4 * 86_400));
                    var time = Now.AddDays(-5).AddSeconds(second).ToString("O", CultureInfo.InvariantCulture);
                    var (price, volume) = (
                        random.Next(1_000_001) / 1_000_000m,
                        random.Next(5) == 0 ? "NULL" : random.Next(100_000).ToString(CultureInfo.InvariantCulture)
                    );
                    if (seen.Add((token, second)))
                    {
                        rows.Add(string.Create(CultureInfo.InvariantCulture, $"('{time}', 't{token}', {price}, {volume})"));
                    }

                    trades.Add(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"('{time}', 't{token}', 'BUY', {price}, {(random.Next(1_000_000) + 1) / 1_000m}, NULL)"
                        )
                    );
                }

                await ExecuteAsync(
                    connection,
                    $"""
                    INSERT INTO prediction.price_snapshots (ts, token_id, price, volume_24h) VALUES {string.Join(", ", rows)};
                    INSERT INTO prediction.trades (ts, token_id, side, price, size, trade_id) VALUES {string.Join(", ", trades)}
                    """
                );
                foreach (var aggregate in Aggregates())
                {
                    await Retention.RefreshAsync(connection, edition.Edition, aggregate, Now, Token);
                }
            }

            dumps.Add(await TextAsync(connection, Dump) + "\n" + await TextAsync(connection, DumpVolume));
        }

        Assert.True(dumps[0].Length > 10_000);
        Assert.Equal(dumps[0], dumps[1]);
        Assert.Equal(dumps[0], dumps[2]);
    }

    [Fact]
    public async Task The_rows_of_a_stand_in_are_copied_when_the_edition_gets_richer()
    {
        var connection = await CloneAsync();
        var poorer = new TimescaleReconciler(Database.Edition with { Edition = Edition.Apache }, Declared(), Aggregates());
        var richer = new TimescaleReconciler(Database.Edition, Declared(), Aggregates());
        await ExecuteAsync(
            connection,
            "DROP MATERIALIZED VIEW prediction.price_candles_1h; DROP MATERIALIZED VIEW prediction.trade_volume_1h"
        );
        await TimescaleReconciler.ApplyAsync(connection, await poorer.PlanAsync(connection, Token), Token);
        await ExecuteAsync(
            connection,
            """
            INSERT INTO prediction.price_snapshots (ts, token_id, price)
            SELECT ts, 'a', 0.5
              FROM generate_series(date_trunc('hour', now()) - interval '80 days', now(), interval '20 minutes') AS ts;
            SELECT prediction.refresh_price_candles_1h();
            SELECT drop_chunks('prediction.price_snapshots', older_than => interval '40 days')
            """
        );
        var before = await TextAsync(connection, Dump);
        Assert.Equal((80 * 24) + 1, before.Split('\n').Length);

        await TimescaleReconciler.ApplyAsync(connection, await richer.PlanAsync(connection, Token), Token);

        Assert.Equal(before, await TextAsync(connection, Dump));
        Assert.Empty(await richer.PlanAsync(connection, Token));
        Assert.Equal("", await TextAsync(connection, "SELECT to_regclass('prediction.price_candles_1h_before')::text"));
        Assert.Equal("0", await TextAsync(connection, "SELECT count(*)::text FROM pg_trigger WHERE tgname ~ '^mark_'"));

        // A refresh of the aggregate does not change the copied rows.
        await Retention.RefreshAsync(
            connection,
            Database.Edition,
            Aggregates().Single(a => a.View == "price_candles_1h"),
            DateTimeOffset.Parse(await TextAsync(connection, "SELECT now()::text"), CultureInfo.InvariantCulture).AddDays(50),
            Token
        );
        Assert.Equal(before, await TextAsync(connection, Dump));
    }

    [Fact]
    public async Task A_stand_in_with_rows_stays_until_its_source_has_newer_rows()
    {
        var connection = await CloneAsync();
        var poorer = new TimescaleReconciler(Database.Edition with { Edition = Edition.Apache }, Declared(), Aggregates());
        var richer = new TimescaleReconciler(Database.Edition, Declared(), Aggregates());
        await ExecuteAsync(connection, "DROP MATERIALIZED VIEW prediction.price_candles_1h");
        await TimescaleReconciler.ApplyAsync(connection, await poorer.PlanAsync(connection, Token), Token);
        await ExecuteAsync(
            connection,
            "INSERT INTO prediction.price_candles_1h VALUES (now() - interval '100 days', 'a', 0.1, 0.1, 0.1, 0.1, NULL, 1)"
        );

        await TimescaleReconciler.ApplyAsync(connection, await richer.PlanAsync(connection, Token), Token);
        Assert.Empty(await richer.PlanAsync(connection, Token));
        Assert.Equal("1", await TextAsync(connection, "SELECT count(*)::text FROM prediction.price_candles_1h_before"));

        await ExecuteAsync(
            connection,
            "INSERT INTO prediction.price_snapshots (ts, token_id, price) VALUES (now() - interval '5 hours', 'a', 0.5)"
        );
        await Retention.RefreshAsync(
            connection,
            Database.Edition,
            Aggregates().Single(a => a.View == "price_candles_1h"),
            DateTimeOffset.Parse(await TextAsync(connection, "SELECT now()::text"), CultureInfo.InvariantCulture),
            Token
        );
        await TimescaleReconciler.ApplyAsync(connection, await richer.PlanAsync(connection, Token), Token);
        Assert.Equal("2", await TextAsync(connection, "SELECT count(*)::text FROM prediction.price_candles_1h"));
        Assert.Equal("", await TextAsync(connection, "SELECT to_regclass('prediction.price_candles_1h_before')::text"));
    }
}
