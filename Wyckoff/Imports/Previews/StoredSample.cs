using Npgsql;
using NpgsqlTypes;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Imports.Guessing;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Imports.Previews;

/// <summary>Reads what is stored of the tickers and bars of a sample, without locks.</summary>
/// <remarks>
/// Not a BarReader: the times of a sample may be years apart, so the bars are asked for by their times and not by a range.
/// </remarks>
/// <param name="connection">Where they are read.</param>
/// <param name="file">The path of the file; it may tell what a new ticker is.</param>
/// <param name="options">The options of the import.</param>
internal sealed class StoredSample(NpgsqlConnection connection, string file, ImportOptions options)
{
    private readonly Dictionary<string, (int Id, PreviewedTicker Ticker)> _tickers = new(StringComparer.Ordinal);

    /// <summary>What the notes of the import would say of the tickers compared so far.</summary>
    public ImportFindings Findings { get; } = new();

    /// <summary>Reads the tickers of some symbols.</summary>
    public async Task LoadTickersAsync(IEnumerable<Symbol> symbols, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT id, symbol, asset_type, timezone, allows_negative FROM market.tickers WHERE symbol = ANY($1)",
            connection
        )
        {
            Parameters = { new() { Value = symbols.Select(symbol => symbol.Value).ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            _tickers[reader.GetString(1)] = (reader.GetInt32(0), new(true, reader.GetString(2), reader.GetString(3), reader.GetBoolean(4)));
        }
    }

    /// <summary>The ticker of a symbol as it is stored, or as the import would add it. Its id is 0 if it does not exist.</summary>
    public (int Id, PreviewedTicker Ticker) Ticker(Symbol symbol)
    {
        if (_tickers.TryGetValue(symbol.Value, out var stored))
        {
            return stored;
        }

        var added = InstrumentGuess.Of(symbol, file, options);
        Findings.AddGuess(symbol, added);
        return (0, new(false, added.AssetType, added.Timezone, options.AllowNegative));
    }

    /// <summary>Compares the bars of a series with the stored ones.</summary>
    public async Task<SeriesPreview> CompareAsync(Run run, int shown, CancellationToken cancellationToken)
    {
        var (symbol, timeframe) = (run.Series.Symbol, run.Series.Timeframe);
        var (id, ticker) = Ticker(symbol);
        if (ticker.Exists && await PriceJumps.FindAsync(connection, id, run.Series, run.Bars.Span[0], cancellationToken) is { } jump)
        {
            Findings.AddJump(jump);
        }

        var zone = TimeZoneInfo.FindSystemTimeZoneById(ticker.TimeZone);
        var batch = WindowBatch.Of(new TickerRef(id, symbol, zone) { AllowsNegative = true }, timeframe, [run.Bars]);
        var stored = ticker.Exists ? await BarsAsync(id, batch, cancellationToken) : [];
        int equal = 0,
            rolledUp = 0,
            differing = 0;
        var differences = new List<BarDifference>();
        foreach (var bar in batch.Bars.ToArray())
        {
            if (!stored.TryGetValue(bar.Time, out var found))
            {
                continue;
            }

            if (found.Source == BarWriter.Aggregated)
            {
                rolledUp++;
            }
            else if (found.Bar == bar)
            {
                equal++;
            }
            else if (differing++ < shown)
            {
                differences.Add(new(found.Bar, bar));
            }
        }

        return new()
        {
            Symbol = symbol,
            Timeframe = timeframe,
            Ticker = ticker,
            Duplicates = (int)batch.Duplicates,
            New = batch.Bars.Length - stored.Count,
            Equal = equal,
            RolledUp = rolledUp,
            Differing = differing,
            Policy = options.Policy,
            FirstDifferences = differences,
        };
    }

    private async Task<Dictionary<long, (IncomingBar Bar, string Source)>> BarsAsync(
        int tickerId,
        WindowBatch batch,
        CancellationToken cancellationToken
    )
    {
        // The range excludes chunks, which the list of times does not.
        await using var command = new NpgsqlCommand(
            $"""
            SELECT timestamp, open, high, low, close, volume, trade_count, vwap, source
              FROM {MarketSchema.QualifiedBarsTable(batch.Timeframe)}
             WHERE ticker_id = $1 AND timestamp BETWEEN $2 AND $3 AND timestamp = ANY($4)
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = tickerId },
                new() { Value = IncomingBar.InstantOf(batch.First) },
                new() { Value = IncomingBar.InstantOf(batch.Last) },
                new()
                {
                    Value = batch.Bars.ToArray().Select(bar => bar.Timestamp).ToArray(),
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
                },
            },
        };
        var bars = new Dictionary<long, (IncomingBar, string)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var bar = Bar(reader);
            bars.Add(bar.Time, (bar, reader.GetString(8)));
        }

        return bars;
    }

    private static IncomingBar Bar(NpgsqlDataReader reader)
    {
        return new(
            IncomingBar.TimeOf(reader.GetFieldValue<DateTimeOffset>(0)),
            (long)Amount(1),
            (long)Amount(2),
            (long)Amount(3),
            (long)Amount(4),
            Amount(5),
            reader.IsDBNull(6) ? IncomingBar.Unknown : reader.GetInt32(6),
            reader.IsDBNull(7) ? 0 : (long)Amount(7)
        );

        Int128 Amount(int column) => (Int128)(reader.GetDecimal(column) * IncomingBar.One);
    }
}
