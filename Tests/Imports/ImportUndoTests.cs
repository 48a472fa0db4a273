using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.FSharp.Core;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Imports;
using Wyckoff.Imports.Records;
using Wyckoff.Primitives;
using Wyckoff.Sync;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Imports;

public sealed class PlainImportUndoTests(PlainDatabase database) : ImportUndoTests<PlainDatabase>(database);

public sealed class ApacheImportUndoTests(ApacheDatabase database) : ImportUndoTests<ApacheDatabase>(database);

public sealed class CommunityImportUndoTests(CommunityDatabase database) : ImportUndoTests<CommunityDatabase>(database);

/// <summary>What is stored after imports and undos is what the imports that remain would have stored.</summary>
public abstract class ImportUndoTests<TDatabase> : IClassFixture<TDatabase>
    where TDatabase : TestDatabase
{
    private const string Header = "timestamp,symbol,timeframe,open,high,low,close,volume\n";
    private static readonly Config Seeded = Config
        .QuickThrowOnFailure.WithMaxTest(25)
        .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20_261_130), FSharpOption<int>.None)));
    private static readonly DateTimeOffset Start = new(2024, 3, 4, 14, 30, 0, TimeSpan.Zero);
    private static int _tickers;

    private readonly TDatabase _database;
    private readonly TickerDirectory _tickersById;
    private readonly BarWriter _writer;
    private readonly ImportRunner _runner;
    private readonly ImportUndo _undo;

    protected ImportUndoTests(TDatabase database)
    {
        _database = database;
        _tickersById = new(database.App);
        _writer = new(database.App, _tickersById);
        _runner = TestImports.Runner(database.App, _tickersById);
        _undo = new(database.App, _writer, TimeProvider.System, NullLogger<ImportUndo>.Instance);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A row of a file: few slots and values, so that files overlap, agree and disagree.</summary>
    public sealed record Row(string Timeframe, int Slot, int Value);

    /// <summary>Something that changes the bars, or the undo of an import.</summary>
    public abstract record Step;

    public sealed record Import(ConflictPolicy Policy, Row[] Rows) : Step;

    public sealed record Undo(int Import) : Step;

    /// <summary>A provider replaces bars, or confirms them.</summary>
    public sealed record Provider(Row[] Rows) : Step;

    /// <summary>Somebody writes bars with SQL.</summary>
    public sealed record Insert(Row[] Rows) : Step;

    /// <summary>The chunks are compressed, where the edition does that.</summary>
    public sealed record Compress : Step;

    /// <summary>Somebody deletes bars with SQL.</summary>
    public sealed record Delete(int Slot, int Count) : Step;

    private static Gen<Row[]> Rows() =>
        (
            from timeframe in Gen.Frequency((8, Gen.Constant("1m")), (2, Gen.Constant("5m")), (1, Gen.Constant("1d")))
            from slot in Gen.Choose(0, 7)
            from value in Gen.Choose(1, 3)
            select new Row(timeframe, slot, value)
        )
            .NonEmptyListOf()
            .Select(rows => rows.ToArray())
            .Resize(12);

    private static Gen<Step[]> Steps() =>
        Gen.Frequency(
                (
                    6,
                    from policy in Gen.Elements(ConflictPolicy.Skip, ConflictPolicy.Replace)
                    from rows in Rows()
                    select (Step)new Import(policy, rows)
                ),
                (4, Gen.Choose(0, 9).Select(index => (Step)new Undo(index))),
                (1, Rows().Select(rows => (Step)new Provider(rows))),
                (1, Rows().Select(rows => (Step)new Insert(rows))),
                (1, Gen.Constant((Step)new Compress())),
                (1, from slot in Gen.Choose(0, 7) from count in Gen.Choose(1, 10) select (Step)new Delete(slot, count))
            )
            .ArrayOf(12);

    [Fact]
    public void Any_sequence_of_imports_and_undos_equals_the_imports_that_remain() =>
        Prop.ForAll(
                Steps().ToArbitrary(),
                steps =>
                {
                    var (undone, replayed) = (NewSymbol(), NewSymbol());
                    var dropped = RunAsync(undone, steps).GetAwaiter().GetResult();
                    RunAsync(replayed, [.. steps.Where((step, i) => step is not Undo && !dropped.Contains(i))]).GetAwaiter().GetResult();
                    Assert.Equal(StoredAsync(replayed).GetAwaiter().GetResult(), StoredAsync(undone).GetAwaiter().GetResult());
                }
            )
            .Check(Seeded);

    [Fact]
    public async Task An_undo_leaves_what_a_later_import_wrote_over_it_and_counts_it()
    {
        var symbol = NewSymbol();
        var first = await ImportAsync(symbol, ConflictPolicy.Skip, [.. Minutes(0, 10, value: 1)]);
        var second = await ImportAsync(symbol, ConflictPolicy.Replace, [.. Minutes(5, 10, value: 2)]);
        Assert.Equal(UndoOutcome.Undone, await _undo.UndoAsync(first, Token));
        Assert.Equal("undone 5 0 5", await CountsAsync(first));
        Assert.Equal("2 2 2 2 2 2 2 2 2 2", await ClosesAsync(symbol));

        // The values that the second import replaced were the first one's, which is undone: nothing is left to come back.
        Assert.Equal(UndoOutcome.Undone, await _undo.UndoAsync(second, Token));
        Assert.Equal("undone 10 0 0", await CountsAsync(second));
        Assert.Equal("", await ClosesAsync(symbol));
        Assert.Equal(
            0,
            await _database.ScalarAsync<long>("SELECT count(*) FROM sync_coverage JOIN tickers ON id = ticker_id WHERE symbol = $1", symbol)
        );
    }

    [Fact]
    public async Task A_replaced_value_comes_back_with_its_derived_fields_and_coarser_bars()
    {
        var symbol = NewSymbol();
        await ImportAsync(symbol, ConflictPolicy.Skip, [.. Minutes(0, 60, value: 1)]);
        var before = await StoredAsync(symbol);
        var second = await ImportAsync(symbol, ConflictPolicy.Replace, [.. Minutes(10, 30, value: 2), new("1d", 0, 5)]);
        Assert.NotEqual(before, await StoredAsync(symbol));
        Assert.Equal(UndoOutcome.Undone, await _undo.UndoAsync(second, Token));
        Assert.Equal(before, await StoredAsync(symbol));
        Assert.Equal("undone 1 30 0", await CountsAsync(second));
    }

    [Fact]
    public async Task Of_the_imports_that_remain_the_last_one_that_replaces_has_the_bar_otherwise_the_first_one()
    {
        var symbol = NewSymbol();
        var first = await ImportAsync(symbol, ConflictPolicy.Skip, [.. Minutes(0, 1, value: 1)]);
        await ImportAsync(symbol, ConflictPolicy.Skip, [.. Minutes(0, 1, value: 2)]);
        await ImportAsync(symbol, ConflictPolicy.Skip, [.. Minutes(0, 1, value: 3)]);
        await _undo.UndoAsync(first, Token);
        Assert.Equal("2", await ClosesAsync(symbol));

        await ImportAsync(symbol, ConflictPolicy.Replace, [.. Minutes(0, 1, value: 4)]);
        await ImportAsync(symbol, ConflictPolicy.Replace, [.. Minutes(0, 1, value: 5)]);
        var last = await ImportAsync(symbol, ConflictPolicy.Replace, [.. Minutes(0, 1, value: 6)]);
        await _undo.UndoAsync(last, Token);
        Assert.Equal("5", await ClosesAsync(symbol));
    }

    [Fact]
    public async Task The_ranges_of_an_undone_import_leave_the_coverage_so_that_a_provider_can_fill_them()
    {
        var symbol = NewSymbol();
        await ImportAsync(symbol, ConflictPolicy.Skip, [.. Minutes(0, 10, value: 1)]);
        var second = await ImportAsync(symbol, ConflictPolicy.Skip, [.. Minutes(5, 15, value: 1)]);
        var ticker = (await _tickersById.FindAsync(Symbol.Parse(symbol), Token))!;
        await using var connection = await _database.App.OpenConnectionAsync(Token);
        await SyncCoverageStore.AddAsync(connection, ticker.Id, Timeframe.Minute1, "alpaca", [Slots(0, 40)], Token);

        await _undo.UndoAsync(second, Token);
        Assert.Equal(
            [Slots(10, 40)],
            await SyncCoverageStore.MissingAsync(connection, ticker.Id, Timeframe.Minute1, ["import"], Slots(0, 40), Token)
        );
        // The provider has answered before, but its answers were not stored where the file's bars were.
        Assert.Equal(
            [Slots(10, 20)],
            await SyncCoverageStore.MissingAsync(connection, ticker.Id, Timeframe.Minute1, ["import", "alpaca"], Slots(0, 40), Token)
        );
    }

    [Fact]
    public async Task Only_an_import_that_has_ended_and_exists_can_be_undone_and_undoing_twice_changes_nothing()
    {
        var symbol = NewSymbol();
        var id = await ImportAsync(symbol, ConflictPolicy.Skip, [.. Minutes(0, 3, value: 1)]);
        Assert.Equal(UndoOutcome.Unknown, await _undo.UndoAsync(long.MaxValue, Token));

        await using (var transaction = await (await _database.Admin.OpenConnectionAsync(Token)).BeginTransactionAsync(Token))
        {
            // An import that runs holds this lock.
            await using var take = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", transaction.Connection)
            {
                Parameters = { new() { Value = ImportStore.LockKey(id) } },
            };
            await take.ExecuteNonQueryAsync(Token);
            Assert.Equal(UndoOutcome.Busy, await _undo.UndoAsync(id, Token));
        }

        Assert.Equal(UndoOutcome.Undone, await _undo.UndoAsync(id, Token));
        await ImportAsync(symbol, ConflictPolicy.Skip, [.. Minutes(0, 3, value: 1)]);
        var stored = await StoredAsync(symbol);
        Assert.Equal(UndoOutcome.Undone, await _undo.UndoAsync(id, Token));
        Assert.Equal(stored, await StoredAsync(symbol));
        Assert.Equal("undone 3 0 0", await CountsAsync(id));
    }

    [Fact]
    public async Task An_undo_that_died_is_completed_by_the_next_start()
    {
        var symbol = NewSymbol();
        var id = await ImportAsync(symbol, ConflictPolicy.Skip, [.. Minutes(0, 20, value: 1)]);
        // Half of the bars are undone, the process dies.
        await _database.ExecuteAsync("UPDATE import_batches SET status = 'undoing' WHERE id = $1", id);
        await _database.ExecuteAsync(
            "SELECT * FROM market.undo_import_bars($1, (SELECT id FROM tickers WHERE symbol = $2), '1m', $3, $4)",
            id,
            symbol,
            Start.UtcDateTime,
            Start.AddMinutes(10).UtcDateTime
        );
        Assert.Equal(10, (await ClosesAsync(symbol)).Split(' ').Length);

        await _undo.ResumeAsync(Token);
        Assert.Equal("", await ClosesAsync(symbol));
        Assert.Equal("undone 20 0 0", await CountsAsync(id));
    }

    [Fact]
    public async Task An_import_cannot_be_undone_once_the_values_it_replaced_are_forgotten()
    {
        var symbol = NewSymbol();
        var first = await ImportAsync(symbol, ConflictPolicy.Skip, [.. Minutes(0, 3, value: 1)]);
        var second = await ImportAsync(symbol, ConflictPolicy.Replace, [.. Minutes(0, 5, value: 2)]);
        Assert.Equal(0, await _database.ScalarAsync<long>("SELECT market.forget_alternatives(now() - interval '1 day')"));
        await _database.ScalarAsync<long>("SELECT market.forget_alternatives(now() + interval '1 day')");

        Assert.Equal(UndoOutcome.TooLate, await _undo.UndoAsync(second, Token));
        Assert.Equal("2 2 2 2 2", await ClosesAsync(symbol));
        // The first one replaced nothing.
        Assert.Equal(UndoOutcome.Undone, await _undo.UndoAsync(first, Token));
        Assert.Equal("undone 0 0 3", await CountsAsync(first));
    }

    [Fact]
    public async Task A_value_that_was_written_with_SQL_stays_even_if_an_import_had_it_first()
    {
        var symbol = NewSymbol();
        await ImportAsync(symbol, ConflictPolicy.Skip, [.. Minutes(0, 2, value: 1)]);
        var second = await ImportAsync(symbol, ConflictPolicy.Replace, [.. Minutes(0, 2, value: 2)]);
        await InsertAsync(symbol, [.. Minutes(0, 1, value: 2)]);
        await _database.ExecuteAsync(
            """
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume, source)
            VALUES ($1, '1m', $2, 9, 9, 9, 9, 9, 'aggregated')
            """,
            symbol,
            Start.AddMinutes(1).UtcDateTime
        );
        await _undo.UndoAsync(second, Token);
        Assert.Equal("2 1", await ClosesAsync(symbol));
        Assert.Equal("undone 0 1 1", await CountsAsync(second));
    }

    [Fact]
    public async Task A_bar_that_another_import_took_over_cannot_be_undone_without_the_value_that_was_replaced()
    {
        var symbol = NewSymbol();
        await ImportAsync(symbol, ConflictPolicy.Skip, [.. Minutes(0, 3, value: 1)]);
        var second = await ImportAsync(symbol, ConflictPolicy.Replace, [.. Minutes(0, 3, value: 2)]);
        var third = await ImportAsync(symbol, ConflictPolicy.Replace, [.. Minutes(0, 3, value: 2)]);
        await _undo.UndoAsync(second, Token);
        Assert.Equal("2 2 2", await ClosesAsync(symbol));
        await _database.ScalarAsync<long>("SELECT market.forget_alternatives(now() + interval '1 day')");
        Assert.Equal(UndoOutcome.TooLate, await _undo.UndoAsync(third, Token));
    }

    [Fact]
    public async Task Nothing_is_forgotten_while_an_import_is_being_undone()
    {
        var symbol = NewSymbol();
        await ImportAsync(symbol, ConflictPolicy.Skip, [.. Minutes(0, 3, value: 1)]);
        var second = await ImportAsync(symbol, ConflictPolicy.Replace, [.. Minutes(0, 3, value: 2)]);
        await _database.ExecuteAsync("UPDATE import_batches SET status = 'undoing' WHERE id = $1", second);
        Assert.Equal(0, await _database.ScalarAsync<long>("SELECT market.forget_alternatives(now() + interval '1 day')"));
        await _undo.ResumeAsync(Token);
        Assert.Equal("1 1 1", await ClosesAsync(symbol));
    }

    [Fact]
    public async Task An_undo_makes_no_coarser_bars_if_the_import_made_none()
    {
        var symbol = NewSymbol();
        var options = new ImportOptions { RollUp = false };
        await RunAsync(symbol, options, [.. Minutes(0, 3, value: 1)]);
        var second = await RunAsync(symbol, options, [.. Minutes(3, 3, value: 1)]);
        await _undo.UndoAsync(second.Id, Token);
        Assert.Equal(3, await _database.ScalarAsync<long>("SELECT count(*) FROM ohlcv_bars WHERE symbol = $1", symbol));
    }

    [Fact]
    public async Task Files_that_agree_on_every_second_bar_are_imported_and_undone()
    {
        var symbol = NewSymbol();
        const int bars = 20_000;
        var first = await ImportAsync(symbol, ConflictPolicy.Skip, [.. Minutes(0, bars, value: 1)]);
        var second = await RunAsync(
            symbol,
            ConflictPolicy.Skip,
            [.. Enumerable.Range(0, bars).Select(slot => new Row("1m", slot, 1 + slot % 2))]
        );
        Assert.Equal(bars / 2, second.Differing);
        await _undo.UndoAsync(first, Token);
        Assert.Equal(
            bars / 2,
            await _database.ScalarAsync<long>(
                "SELECT count(*) FROM ohlcv_bars WHERE symbol = $1 AND timeframe = '1m' AND close = 2",
                symbol
            )
        );
        Assert.Equal(
            bars,
            await _database.ScalarAsync<long>("SELECT count(*) FROM ohlcv_bars WHERE symbol = $1 AND timeframe = '1m'", symbol)
        );
    }

    [Fact]
    public async Task A_file_of_fresh_history_leaves_no_alternatives_and_a_skipped_row_that_differs_is_counted()
    {
        var symbol = NewSymbol();
        await ImportAsync(symbol, ConflictPolicy.Skip, [.. Minutes(0, 10, value: 1)]);
        Assert.Equal(0, await AlternativesAsync(symbol));
        var again = await RunAsync(symbol, ConflictPolicy.Skip, [.. Minutes(0, 6, value: 1), .. Minutes(6, 6, value: 2)]);
        Assert.Equal((2L, 10L, 4L), (again.Inserted, again.Skipped, again.Differing));
        Assert.Equal(4, await AlternativesAsync(symbol));
        Assert.Equal(4, await _database.ScalarAsync<long>("SELECT rows_differing FROM import_batches WHERE id = $1", again.Id));
    }

    /// <summary>Runs the steps on a symbol. Returns the indexes of the imports that are undone at the end.</summary>
    private async Task<HashSet<int>> RunAsync(string symbol, Step[] steps)
    {
        var ticker = await _tickersById.GetOrAddAsync(Symbol.Parse(symbol), Token);
        var imports = new List<(int Step, long Id)>();
        var dropped = new HashSet<int>();
        for (var i = 0; i < steps.Length; i++)
        {
            switch (steps[i])
            {
                case Import import:
                    imports.Add((i, await ImportAsync(symbol, import.Policy, import.Rows)));
                    break;
                case Undo undo when imports.Count > 0:
                    var (step, id) = imports[undo.Import % imports.Count];
                    Assert.Equal(UndoOutcome.Undone, await _undo.UndoAsync(id, Token));
                    dropped.Add(step);
                    break;
                case Provider provider:
                    BarSet[] sets =
                    [
                        .. provider
                            .Rows.GroupBy(row => row.Timeframe)
                            .Select(rows => new BarSet(ticker.Id, Timeframe.Parse(rows.Key), rows.Select(Bar).ToArray())),
                    ];
                    await _writer.WriteAsync(sets, new() { Source = "alpaca", Policy = ConflictPolicy.Replace }, Token);
                    break;
                case Insert insert:
                    await InsertAsync(symbol, insert.Rows);
                    break;
                case Compress when _database.Edition.HasPolicies:
                    await _database.ExecuteAsync(
                        "SELECT compress_chunk(c, if_not_compressed => true) FROM show_chunks('market.bars_1m') c"
                    );
                    break;
                case Delete delete:
                    await _database.ExecuteAsync(
                        "DELETE FROM ohlcv_bars WHERE symbol = $1 AND timeframe = '1m' AND timestamp >= $2 AND timestamp < $3",
                        symbol,
                        Start.AddMinutes(delete.Slot).UtcDateTime,
                        Start.AddMinutes(delete.Slot + delete.Count).UtcDateTime
                    );
                    break;
            }
        }

        return dropped;
    }

    private async Task InsertAsync(string symbol, Row[] rows)
    {
        foreach (var row in rows)
        {
            await _database.ExecuteAsync(
                """
                INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
                VALUES ($1, $2, $3, $4, $4 + 1, 0.5, $4, 10 * $4)
                """,
                symbol,
                row.Timeframe,
                Bar(row).Timestamp.UtcDateTime,
                (decimal)row.Value
            );
        }
    }

    private async Task<long> ImportAsync(string symbol, ConflictPolicy policy, Row[] rows)
    {
        var result = await RunAsync(symbol, policy, rows);
        Assert.Equal((ImportStatus.Completed, (long)rows.Length, 0L), (result.Status, result.Read, result.Rejected));
        return result.Id;
    }

    private Task<ImportResult> RunAsync(string symbol, ConflictPolicy policy, Row[] rows) =>
        RunAsync(symbol, new ImportOptions { Policy = policy }, rows);

    private async Task<ImportResult> RunAsync(string symbol, ImportOptions options, Row[] rows)
    {
        var text = new StringBuilder(Header);
        foreach (var row in rows)
        {
            var bar = Bar(row);
            text.Append(CultureInfo.InvariantCulture, $"{bar.Timestamp:yyyy-MM-dd'T'HH:mm:ss'Z'},{symbol},{row.Timeframe},")
                .Append(CultureInfo.InvariantCulture, $"{row.Value},{row.Value + 1},0.5,{row.Value},{10 * row.Value}\n");
        }

        await using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text.ToString()));
        return Assert.Single(await _runner.ImportAsync(stream, "bars.csv", stream.Length, options, new(), Token));
    }

    private static IEnumerable<Row> Minutes(int from, int count, int value) =>
        Enumerable.Range(from, count).Select(slot => new Row("1m", slot, value));

    private static IncomingBar Bar(Row row)
    {
        var time = row.Timeframe switch
        {
            "1m" => Start.AddMinutes(row.Slot),
            "5m" => Start.AddMinutes(5 * (row.Slot % 6)),
            _ => new DateTimeOffset(2024, 3, 4 + row.Slot % 3, 0, 0, 0, TimeSpan.Zero),
        };
        Assert.Null(IncomingBar.TryCreate(time, row.Value, row.Value + 1, 0.5m, row.Value, 10 * row.Value, null, null, out var bar));
        return bar;
    }

    private static TimeRange Slots(int from, int until) => new(Start.AddMinutes(from), Start.AddMinutes(until));

    /// <summary>
    /// All bars of a symbol, with their derived fields, and its coverage. Not the source: where several sources agree, it may be any of
    /// them.
    /// </summary>
    private async Task<string> StoredAsync(string symbol)
    {
        var bars = await _database.ScalarAsync<string>(
            """
            SELECT coalesce(string_agg(concat_ws(' ', timeframe, timestamp AT TIME ZONE 'UTC', open, high, low, close, volume, vwap, spread,
                     spread_ratio, volume_ratio, low_history, source = 'aggregated', quality_score),
                     E'\n' ORDER BY timeframe, timestamp), '')
              FROM ohlcv_bars WHERE symbol = $1
            """,
            symbol
        );
        var coverage = await _database.ScalarAsync<string>(
            """
            SELECT coalesce(string_agg(concat_ws(' ', timeframe, source, covered), E'\n' ORDER BY timeframe, source), '')
              FROM sync_coverage JOIN tickers ON id = ticker_id WHERE symbol = $1
            """,
            symbol
        );
        return bars + "\n" + coverage;
    }

    private Task<string> ClosesAsync(string symbol) =>
        _database.ScalarAsync<string>(
            """
            SELECT coalesce(string_agg(close::int::text, ' ' ORDER BY timestamp), '')
              FROM ohlcv_bars WHERE symbol = $1 AND timeframe = '1m'
            """,
            symbol
        );

    private Task<string> CountsAsync(long id) =>
        _database.ScalarAsync<string>(
            "SELECT concat_ws(' ', status, bars_removed, bars_restored, bars_kept) FROM import_batches WHERE id = $1",
            id
        );

    private Task<long> AlternativesAsync(string symbol) =>
        _database.ScalarAsync<long>("SELECT count(*) FROM alternative_bars JOIN tickers ON id = ticker_id WHERE symbol = $1", symbol);

    private static string NewSymbol() => $"UNDO{Interlocked.Increment(ref _tickers)}";
}
