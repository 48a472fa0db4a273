using FsCheck;
using FsCheck.Fluent;
using Microsoft.EntityFrameworkCore;
using Microsoft.FSharp.Core;
using Npgsql;
using NpgsqlTypes;
using Wyckoff.Bars;
using Wyckoff.Imports.Records;
using Wyckoff.Primitives;
using Wyckoff.Sync;
using Wyckoff.Tests.Primitives;

namespace Wyckoff.Tests.Bars;

public sealed class MarketTablesTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly DateTimeOffset Noon = new(2024, 1, 2, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A valid row of each table, as SQL assignments.</summary>
    private static readonly Dictionary<string, Dictionary<string, string>> Valid = new(StringComparer.Ordinal)
    {
        ["tickers"] = Row("symbol = 'NEW'"),
        ["bars_1d"] = Row(
            "ticker_id = 900001; timestamp = '2024-01-02'; open = 10; high = 12; low = 9; close = 11; volume = 5; spread = 3; "
                + "spread_ratio = 1; volume_ratio = 1; low_history = true; source = 'x'; trade_count = 3; vwap = 10; quality_score "
                + "= 1"
        ),
        ["indicators"] = Row(
            "ticker_id = 900001; timeframe = '1d'; timestamp = '2024-01-02'; sma_20 = 10; sma_50 = 11; ema_12 = 10; ema_26 = "
                + "10; rsi_14 = 50; macd = -1; macd_signal = -1; macd_histogram = 0; bb_upper = 12; bb_middle = 10; bb_lower = 8; "
                + "volume_24h = 9"
        ),
        ["computed_features"] = Row(
            "ticker_id = 900001; timeframe = '1d'; timestamp = '2024-01-02'; feature_version = 'v1'; features = '{\"a\": 1}'; "
                + "model_id = 'hmm'; state_id = -1; state_prob = 0.5; log_likelihood = -12.5"
        ),
        ["sync_coverage"] = Row("ticker_id = 900001; timeframe = '1d'; source = 'alpaca'; covered = '{[2024-01-01,2024-02-01)}'"),
        ["data_sync_log"] = Row(
            "ticker_id = 900001; timeframe = '1d'; source = 'alpaca'; status = 'success'; started_at = '2024-01-02 10:00'; "
                + "last_sync_at = '2024-01-02 10:01'; first_synced_timestamp = '2023-01-02'; last_synced_timestamp = '2024-01-02'; "
                + "bars_fetched = 1; total_bars = 250; error_message = NULL"
        ),
        ["sync_payloads"] = Row(
            "sync_id = 1; ticker_id = 900001; page = 1; received_at = '2024-01-02'; request = '/v2/bars'; content_type = "
                + "'application/json'; encoding = 'gzip'; bytes = 10; payload = '\\x00'"
        ),
        ["bar_windows"] = Row(
            "ticker_id = 900001; timeframe = '1d'; version = 1; since = '2024-01-01'; until = '2024-02-01'; changed_at = '2024-02-01'"
        ),
        ["indicator_windows"] = Row("ticker_id = 900001; timeframe = '1d'; version = 0; computed_at = '2024-01-02'"),
        ["feeds"] = Row(
            "ticker_id = 900001; timeframe = '1d'; provider = 'alpaca'; since = '2024-01-01'; every_seconds = 1; live = true; "
                + "enabled = true; next_due = '2024-01-02'"
        ),
        ["leases"] = Row("name = 'feed/17'; holder = 'here'; version = 1; until = '2024-01-02'"),
        ["bar_changes"] = Row("ticker_id = 900001; timeframe = '1d'; version = 1; range = '[2024-01-01,2024-01-02)'"),
        ["import_batches"] = Row(
            $"file = 'a.csv'; sha256 = '{new string('a', 64)}'; source = 'csv_import'; timeframe = '1d'; status = 'completed'; "
                + "rows_read = 10; rows_inserted = 4; rows_updated = 3; rows_skipped = 2; rows_rejected = 1; policy = 'skip'; size "
                + "= 100; bytes_read = 100; started_at = '2024-01-02 10:00'; finished_at = '2024-01-02 10:01'; error_message = NULL"
        ),
        ["import_windows"] = Row(
            "import_id = 900001; ticker_id = 900001; timeframe = '1d'; range = '[2024-01-02,2024-01-03)'; "
                + "covered = '{[2024-01-02,2024-01-03)}'"
        ),
        ["import_claims"] = Row(
            "import_id = 900002; ticker_id = 900001; timeframe = '1d'; holder_id = 900001; ranges = '{[2024-01-02,2024-01-03)}'"
        ),
        ["alternative_bars"] = Row(
            "ticker_id = 900001; timeframe = '1d'; timestamp = '2024-01-02'; import_id = 900001; open = 10; high = 12; low = 9; "
                + "close = 11; volume = 5; source = 'x'; kept_at = '2024-01-02'"
        ),
        ["import_rejects"] = Row("batch_id = 900001; line_number = 1; text = 'a,b'; reason = 'close: ''b'' is not a number'"),
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("tickers", "symbol = 'with space'", "chk_tickers_symbol")]
    [InlineData("bars_1d", "high = 10.5", "chk_bars_1d_high")]
    [InlineData("bars_1d", "low = 10.5", "chk_bars_1d_low")]
    [InlineData("bars_1d", "volume = -1", "chk_bars_1d_volume")]
    [InlineData("bars_1d", "trade_count = -1", "chk_bars_1d_trade_count")]
    [InlineData("bars_1d", "quality_score = 1.01", "chk_bars_1d_quality_score")]
    [InlineData("indicators", "timeframe = '2h'", "chk_indicators_timeframe")]
    [InlineData("indicators", "rsi_14 = 100.0001", "chk_indicators_rsi_14")]
    [InlineData("indicators", "rsi_14 = -0.0001", "chk_indicators_rsi_14")]
    [InlineData("indicators", "bb_upper = 9", "chk_indicators_bb")]
    [InlineData("indicators", "bb_lower = 13; bb_middle = NULL", "chk_indicators_bb")]
    [InlineData("indicators", "volume_24h = -1", "chk_indicators_volume_24h")]
    [InlineData("computed_features", "timeframe = 'D'", "chk_computed_features_timeframe")]
    [InlineData("computed_features", "features = '[1]'", "chk_computed_features_features")]
    [InlineData("computed_features", "feature_version = ''", "chk_computed_features_feature_version")]
    [InlineData("computed_features", "state_id = -2", "chk_computed_features_state_id")]
    [InlineData("computed_features", "state_prob = 1.1", "chk_computed_features_state_prob")]
    [InlineData("computed_features", "model_id = NULL", "chk_computed_features_state")]
    [InlineData("computed_features", "state_id = NULL", "chk_computed_features_state")]
    [InlineData("sync_coverage", "timeframe = '1M'", "chk_sync_coverage_timeframe")]
    [InlineData("sync_coverage", "source = ''", "chk_sync_coverage_source")]
    [InlineData("sync_coverage", "covered = '{[2024-01-01,)}'", "chk_sync_coverage_covered")]
    [InlineData("data_sync_log", "timeframe = '1Day'", "chk_data_sync_log_timeframe")]
    [InlineData("data_sync_log", "status = 'ok'; error_message = 'x'", "chk_data_sync_log_status")]
    [InlineData("data_sync_log", "status = 'failed'", "chk_data_sync_log_error_message")]
    [InlineData("data_sync_log", "error_message = 'boom'", "chk_data_sync_log_error_message")]
    [InlineData("data_sync_log", "bars_fetched = -1", "chk_data_sync_log_bars_fetched")]
    [InlineData("data_sync_log", "total_bars = -1", "chk_data_sync_log_total_bars")]
    [InlineData("data_sync_log", "last_synced_timestamp = '2022-01-01'", "chk_data_sync_log_synced")]
    [InlineData("data_sync_log", "last_synced_timestamp = NULL", "chk_data_sync_log_synced")]
    [InlineData("data_sync_log", "last_sync_at = '2024-01-01'", "chk_data_sync_log_last_sync_at")]
    [InlineData("sync_payloads", "page = 0", "chk_sync_payloads_page")]
    [InlineData("sync_payloads", "encoding = 'zip'", "chk_sync_payloads_encoding")]
    [InlineData("sync_payloads", "bytes = -1", "chk_sync_payloads_bytes")]
    [InlineData("bar_windows", "timeframe = '1'", "chk_bar_windows_timeframe")]
    [InlineData("bar_windows", "version = 0", "chk_bar_windows_version")]
    [InlineData("bar_windows", "until = '2024-01-01'", "chk_bar_windows_until")]
    [InlineData("bar_windows", "since = NULL", "chk_bar_windows_until")]
    [InlineData("bar_windows", "until = NULL", "chk_bar_windows_until")]
    [InlineData("indicator_windows", "timeframe = '1D'", "chk_indicator_windows_timeframe")]
    [InlineData("indicator_windows", "version = -1", "chk_indicator_windows_version")]
    [InlineData("feeds", "timeframe = '1Min'", "chk_feeds_timeframe")]
    [InlineData("feeds", "provider = ''", "chk_feeds_provider")]
    [InlineData("feeds", "every_seconds = 0", "chk_feeds_every_seconds")]
    [InlineData("leases", "name = ''", "chk_leases_name")]
    [InlineData("leases", "version = 0", "chk_leases_version")]
    [InlineData("bar_changes", "timeframe = '1'", "chk_bar_changes_timeframe")]
    [InlineData("bar_changes", "version = 0", "chk_bar_changes_version")]
    [InlineData("bar_changes", "range = 'empty'", "chk_bar_changes_range")]
    [InlineData("import_batches", "timeframe = '1'", "chk_import_batches_timeframe")]
    [InlineData("import_batches", "sha256 = 'ABC'", "chk_import_batches_sha256")]
    [InlineData("import_batches", "status = 'done'", "chk_import_batches_status")]
    [InlineData("import_batches", "finished_at = NULL", "chk_import_batches_finished_at")]
    [InlineData("import_batches", "finished_at = '2024-01-01'", "chk_import_batches_finished_at")]
    [InlineData("import_batches", "status = 'running'", "chk_import_batches_finished_at")]
    [InlineData("import_batches", "status = 'failed'", "chk_import_batches_error_message")]
    [InlineData("import_batches", "policy = 'merge'", "chk_import_batches_policy")]
    [InlineData("import_batches", "options = '[]'", "chk_import_batches_options")]
    [InlineData("import_batches", "bytes_read = -1", "chk_import_batches_bytes_read")]
    [InlineData("import_batches", "size = -1", "chk_import_batches_bytes_read")]
    [InlineData("import_batches", "rows_read = 11", "chk_import_batches_rows")]
    [InlineData("import_batches", "rows_inserted = -1; rows_read = 5", "chk_import_batches_rows")]
    [InlineData("import_batches", "status = 'undone'", "chk_import_batches_undone_at")]
    [InlineData("import_batches", "undone_at = '2026-01-01'", "chk_import_batches_undone_at")]
    [InlineData("import_batches", "bars_removed = -1", "chk_import_batches_bars")]
    [InlineData("import_batches", "rows_differing = -1", "chk_import_batches_notes")]
    [InlineData("import_batches", "rows_differing = 3", "chk_import_batches_notes")]
    [InlineData("import_batches", "rows_rounded = -1", "chk_import_batches_notes")]
    [InlineData("import_windows", "timeframe = '1'", "chk_import_windows_timeframe")]
    [InlineData("import_windows", "range = 'empty'", "chk_import_windows_range")]
    [InlineData("import_claims", "timeframe = '1'", "chk_import_claims_timeframe")]
    [InlineData("import_claims", "holder_id = 900002", "chk_import_claims_holder_id")]
    [InlineData("alternative_bars", "timeframe = '1'", "chk_alternative_bars_timeframe")]
    [InlineData("import_rejects", "line_number = 0", "chk_import_rejects_line_number")]
    [InlineData("import_rejects", "reason = ''", "chk_import_rejects_reason")]
    public async Task A_check_constraint_refuses_a_violation_and_is_named_in_the_error(string table, string change, string check)
    {
        var row = new Dictionary<string, string>(Valid[table], StringComparer.Ordinal);
        Assert.Null(await VerdictAsync(table, row));
        foreach (var (column, value) in Row(change))
        {
            row[column] = value;
        }

        var refused = await VerdictAsync(table, row);
        Assert.Equal((PostgresErrorCodes.CheckViolation, check), (refused?.SqlState, refused?.ConstraintName));
    }

    [Fact]
    public async Task Every_check_constraint_is_tested()
    {
        var test = typeof(MarketTablesTests).GetMethod(nameof(A_check_constraint_refuses_a_violation_and_is_named_in_the_error))!;
        var untested = await CheckConstraints.UntestedAsync(database, "market", test);
        // The seven bars tables have the same checks, so one of them is tested.
        Assert.DoesNotContain(
            untested,
            name => !name.StartsWith("chk_bars_", StringComparison.Ordinal) || name.StartsWith("chk_bars_1d_", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("sync_coverage", "fk_sync_coverage_ticker")]
    [InlineData("data_sync_log", "fk_data_sync_log_ticker")]
    [InlineData("bar_windows", "fk_bar_windows_ticker")]
    [InlineData("indicator_windows", "fk_indicator_windows_ticker")]
    [InlineData("feeds", "fk_feeds_ticker")]
    [InlineData("import_windows", "fk_import_windows_ticker")]
    [InlineData("import_claims", "fk_import_claims_window")]
    [InlineData("import_rejects", "fk_import_rejects_batch")]
    public async Task A_foreign_key_refuses_a_reference_to_a_missing_row(string table, string key)
    {
        var row = new Dictionary<string, string>(Valid[table], StringComparer.Ordinal)
        {
            [table == "import_rejects" ? "batch_id" : "ticker_id"] = "-5",
        };
        var refused = await VerdictAsync(table, row);
        Assert.Equal((PostgresErrorCodes.ForeignKeyViolation, key), (refused?.SqlState, refused?.ConstraintName));
    }

    [Fact]
    public async Task Rejects_are_deleted_with_their_batch()
    {
        var id = await database.ScalarAsync<long>(
            $"""
            INSERT INTO import_batches (file, sha256, source, status)
            VALUES ('a.csv', '{new string('0', 64)}', 'csv_import', 'running')
            RETURNING id
            """
        );
        await database.ExecuteAsync($"INSERT INTO import_rejects VALUES ({id}, 7, 'x', 'y')");
        await database.ExecuteAsync($"DELETE FROM import_batches WHERE id = {id}");
        Assert.Equal(0L, await database.ScalarAsync<long>($"SELECT count(*) FROM import_rejects WHERE batch_id = {id}"));
    }

    [Fact]
    public void Bars_are_checked_the_same_in_code_and_in_the_database()
    {
        // A small set of values, so that equal, higher and lower values are all frequent.
        var price = Gen.Elements(-1m, 0m, 0.00000001m, 1m, 2m, 3m, 9_999_999_999.99999999m);
        var bars =
            from open in price
            from high in Gen.Frequency((1, price), (2, Gen.Constant(9_999_999_999.99999999m)))
            from low in Gen.Frequency((1, price), (2, Gen.Constant(0.00000001m)))
            from close in price
            from volume in Gen.Elements(-0.00000001m, 0m, 1m, 99_999_999_999_999_999_999.99999999m)
            from trades in Gen.Elements<int?>(null, -1, 0, 5)
            from quality in Gen.Elements<decimal?>(null, -0.01m, 0m, 1m, 1.01m)
            select new OhlcvBar
            {
                TickerId = 1,
                Timestamp = Noon,
                Open = open,
                High = high,
                Low = low,
                Close = close,
                Volume = volume,
                TradeCount = trades,
                QualityScore = quality,
                Source = "x",
            };
        using var connection = database.App.OpenConnection();
        var verdicts = new HashSet<string>(StringComparer.Ordinal);
        Prop.ForAll(
                bars.ToArbitrary(),
                bar =>
                {
                    using var transaction = connection.BeginTransaction();
                    using var insert = new NpgsqlCommand(
                        """
                        INSERT INTO bars_1h (ticker_id, timestamp, open, high, low, close, volume, trade_count, quality_score, spread,
                          spread_ratio, volume_ratio, low_history, source)
                        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 1, 1, true, 'x')
                        """,
                        connection,
                        transaction
                    )
                    {
                        Parameters =
                        {
                            new() { Value = bar.TickerId },
                            new() { Value = bar.Timestamp },
                            new() { Value = bar.Open },
                            new() { Value = bar.High },
                            new() { Value = bar.Low },
                            new() { Value = bar.Close },
                            new() { Value = bar.Volume },
                            new() { Value = (object?)bar.TradeCount ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer },
                            new() { Value = (object?)bar.QualityScore ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Numeric },
                        },
                    };
                    string? check = null;
                    try
                    {
                        insert.ExecuteNonQuery();
                    }
                    catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.CheckViolation)
                    {
                        check = e.ConstraintName!["chk_bars_1h_".Length..];
                    }

                    verdicts.Add(check ?? "none");
                    Assert.Equal(check, bar.BrokenRule());
                }
            )
            .Check(
                Config
                    .QuickThrowOnFailure.WithMaxTest(400)
                    .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20_261_120), FSharpOption<int>.None)))
            );
        Assert.Equal(["high", "low", "none", "quality_score", "trade_count", "volume"], verdicts.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Lock_keys_are_the_same_in_code_and_in_the_database()
    {
        foreach (var timeframe in Timeframe.Stored)
        {
            foreach (var ticker in new[] { 1, 255, 65_536, int.MaxValue })
            {
                Assert.Equal(
                    BarWindow.LockKey(ticker, timeframe),
                    await database.ScalarAsync<long>("SELECT market.window_lock($1, $2)", ticker, timeframe.Name)
                );
            }
        }
    }

    [Fact]
    public async Task Timeframe_names_are_the_same_in_code_and_in_the_database()
    {
        foreach (var row in TimeframeSpellings.All)
        {
            var (written, name) = row.Data;
            string? stored = null;
            try
            {
                stored = await database.ScalarAsync<string>("SELECT market.timeframe($1)", written);
                Assert.Equal(
                    Timeframe.Parse(written).Width,
                    await database.ScalarAsync<TimeSpan>("SELECT market.timeframe_width($1)", written)
                );
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidParameterValue) { }

            Assert.Equal((written, name), (written, stored));
        }
    }

    [Fact]
    public async Task Coverage_merges_ranges_and_finds_the_missing_ones()
    {
        var ticker = await TickerAsync("COVER");
        TimeRange Days(int from, int to) => new(Noon.AddDays(from), Noon.AddDays(to));
        await using (var context = database.Context())
        {
            var coverage = new SyncCoverage(ticker, Timeframe.Day1, "alpaca");
            coverage.Add(Days(10, 20));
            coverage.Add(Days(30, 40));
            coverage.Add(Days(20, 22));
            context.Add(coverage);
            await context.SaveChangesAsync(Cancellation);
        }

        await using (var context = database.Context())
        {
            var coverage = await context
                .Set<SyncCoverage>()
                .SingleAsync(c => c.TickerId == ticker && c.Timeframe == Timeframe.Day1, Cancellation);
            Assert.Equal(2, coverage.Covered.Length);
            Assert.Equal([Days(0, 10), Days(22, 30), Days(40, 50)], coverage.Missing(Days(0, 50)));
            Assert.Empty(coverage.Missing(Days(12, 22)));
            coverage.Add(Days(21, 31));
            await context.SaveChangesAsync(Cancellation);
        }

        // The database computes the same ranges.
        Assert.True(
            await database.ScalarAsync<bool>(
                "SELECT covered = tstzmultirange(tstzrange($2, $3)) AND updated_at > '2020-01-01' FROM sync_coverage WHERE ticker_id = $1",
                ticker,
                Noon.AddDays(10),
                Noon.AddDays(40)
            )
        );
    }

    [Fact]
    public void Coverage_equals_the_multirange_arithmetic_of_the_database()
    {
        var ranges = (from start in Gen.Choose(0, 60) from length in Gen.Choose(1, 15) select (start, end: start + length))
            .ArrayOf()
            .Resize(12);
        using var connection = database.App.OpenConnection();
        Prop.ForAll(
                ranges.ToArbitrary(),
                given =>
                {
                    var coverage = new SyncCoverage(1, Timeframe.Day1, "x");
                    foreach (var (start, end) in given)
                    {
                        coverage.Add(new(Noon.AddDays(start), Noon.AddDays(end)));
                    }

                    using var command = new NpgsqlCommand(
                        """
                        SELECT coalesce(range_agg(r), '{}'), tstzmultirange(tstzrange($2, $3)) - coalesce(range_agg(r), '{}')
                          FROM unnest($1) r
                        """,
                        connection
                    )
                    {
                        Parameters =
                        {
                            new()
                            {
                                Value = given
                                    .Select(r => new NpgsqlRange<DateTimeOffset>(Noon.AddDays(r.start), true, Noon.AddDays(r.end), false))
                                    .ToArray(),
                                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTzRange,
                            },
                            new() { Value = Noon.AddDays(10) },
                            new() { Value = Noon.AddDays(50) },
                        },
                    };
                    using var reader = command.ExecuteReader();
                    Assert.True(reader.Read());
                    Assert.Equal(reader.GetFieldValue<NpgsqlRange<DateTimeOffset>[]>(0), coverage.Covered);
                    Assert.Equal(
                        reader.GetFieldValue<NpgsqlRange<DateTimeOffset>[]>(1).Select(r => new TimeRange(r.LowerBound, r.UpperBound)),
                        coverage.Missing(new(Noon.AddDays(10), Noon.AddDays(50)))
                    );
                }
            )
            .Check(
                Config
                    .QuickThrowOnFailure.WithMaxTest(100)
                    .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(7), FSharpOption<int>.None)))
            );
    }

    [Fact]
    public async Task The_sync_status_is_that_of_the_latest_run()
    {
        var ticker = await TickerAsync("SYNC");
        await using var context = database.Context();
        var first = new SyncRun(ticker, Timeframe.Minute1, "alpaca", SyncOutcome.Success, Noon, Noon.AddSeconds(3));
        first.Count(390, 390, Noon.AddDays(-1), Noon);
        context.AddRange(
            first,
            new SyncRun(
                ticker,
                Timeframe.Minute1,
                "alpaca",
                SyncOutcome.Failed,
                Noon.AddHours(1),
                Noon.AddHours(1),
                "429 Too Many Requests"
            ),
            new SyncRun(ticker, Timeframe.Day1, "finnhub", SyncOutcome.Partial, Noon, Noon, "no answer for 2023")
        );
        await context.SaveChangesAsync(Cancellation);

        await using var select = database.Reader.CreateCommand(
            """
            SELECT string_agg(concat_ws(' ', symbol, timeframe, source, status), '; ' ORDER BY timeframe)
              FROM sync_status
             WHERE symbol = 'SYNC'
            """
        );
        Assert.Equal("SYNC 1d finnhub partial; SYNC 1m alpaca failed", await select.ExecuteScalarAsync(Cancellation));
        Assert.Equal(
            SyncOutcome.Partial,
            (
                await context
                    .Set<SyncRun>()
                    .AsNoTracking()
                    .SingleAsync(run => run.TickerId == ticker && run.Timeframe == Timeframe.Day1, Cancellation)
            ).Status
        );
        Assert.Throws<ArgumentException>(() => new SyncRun(ticker, Timeframe.Day1, "x", SyncOutcome.Failed, Noon, Noon));
        Assert.Throws<ArgumentException>(() => new SyncRun(ticker, Timeframe.Day1, "x", SyncOutcome.Success, Noon, Noon, "but"));
    }

    [Fact]
    public async Task An_import_batch_counts_its_rows_and_ends_once()
    {
        await using var context = database.Context();
        var batch = new ImportBatch("aapl.csv", new byte[32], "csv_import", Noon, Symbol.Parse("AAPL"), Timeframe.Day1);
        context.Add(batch);
        await context.SaveChangesAsync(Cancellation);
        batch.Count(inserted: 5, skipped: 2);
        batch.Count(updated: 1, rejected: 1);
        context.Add(
            new ImportReject
            {
                BatchId = batch.Id,
                LineNumber = 9,
                Text = "2024-01-02,x",
                Reason = "open: 'x' is not a number",
            }
        );
        batch.Complete(Noon.AddMinutes(1));
        await context.SaveChangesAsync(Cancellation);

        var read = await context.Set<ImportBatch>().AsNoTracking().SingleAsync(b => b.Id == batch.Id, Cancellation);
        Assert.Equal(
            (9L, 5L, 1L, 2L, 1L, ImportStatus.Completed, Timeframe.Day1),
            (read.RowsRead, read.RowsInserted, read.RowsUpdated, read.RowsSkipped, read.RowsRejected, read.Status, read.Timeframe)
        );
        Assert.Throws<InvalidOperationException>(() => batch.Fail("too late", Noon.AddMinutes(2)));
        Assert.Throws<ArgumentException>(() => new ImportBatch("a.csv", new byte[31], "csv_import", Noon));
    }

    private static Dictionary<string, string> Row(string columns) =>
        columns.Split("; ").Select(column => column.Split(" = ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    /// <summary>Tries to insert a row and rolls it back. Returns the error of the database, if any.</summary>
    private async Task<PostgresException?> VerdictAsync(string table, Dictionary<string, string> row)
    {
        await using var connection = await database.App.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        try
        {
            await using var command = new NpgsqlCommand(
                $"""
                INSERT INTO tickers (id, symbol) VALUES (900001, 'ONE') ON CONFLICT DO NOTHING;
                INSERT INTO import_batches (id, file, sha256, source, status)
                VALUES (900001, 'one.csv', repeat('1', 64), 'csv_import', 'running'),
                       (900002, 'two.csv', repeat('2', 64), 'csv_import', 'running')
                ON CONFLICT DO NOTHING;
                INSERT INTO import_windows (import_id, ticker_id, timeframe, range)
                VALUES (900002, 900001, '1d', '[2024-01-02,2024-01-03)')
                ON CONFLICT DO NOTHING;
                INSERT INTO market.{table} ({string.Join(", ", row.Keys)}) VALUES ({string.Join(", ", row.Values)})
                """,
                connection,
                transaction
            );
            await command.ExecuteNonQueryAsync(Cancellation);
            return null;
        }
        catch (PostgresException e)
        {
            return e;
        }
    }

    private Task<int> TickerAsync(string symbol) =>
        database.ScalarAsync<int>(
            "INSERT INTO tickers (id, symbol) VALUES ((SELECT coalesce(max(id), 0) + 1000 FROM tickers), $1) RETURNING id",
            symbol
        );
}
