using Npgsql;
using NpgsqlTypes;
using Wyckoff.Bars;
using Wyckoff.Postgres;
using Wyckoff.Primitives;

namespace Wyckoff.Quality;

/// <summary>A summary of the quality scores of the newest bars of a ticker.</summary>
/// <param name="Symbol">The symbol of the ticker.</param>
/// <param name="Bars">The number of bars summarized.</param>
/// <param name="From">The open of the first of these bars.</param>
/// <param name="To">The open of the last.</param>
/// <param name="MeanQuality">The mean score of the bars that have one.</param>
/// <param name="LowestQuality">The lowest score.</param>
/// <param name="Flawed">The number of bars with less than the full score.</param>
public sealed record QualityScore(
    string Symbol,
    long Bars,
    DateTimeOffset? From,
    DateTimeOffset? To,
    decimal? MeanQuality,
    decimal? LowestQuality,
    long Flawed
);

/// <summary>
/// Summarizes the stored scores of the newest bars of many tickers. <see cref="QualityInspector"/> inspects all bars of one ticker.
/// </summary>
/// <remarks>
/// Not by <see cref="Bars.Reading.BarReader"/>: the database computes the aggregates of many tickers in one round trip.
/// </remarks>
public sealed class QualityScores(Database database, TimeProvider time)
{
    // The search covers this many times the width of the wanted bars, to allow for nights, weekends and holidays. Sparser bars give fewer
    // bars.
    private const int Sparseness = 8;

    /// <summary>Reads the scores of the symbols that exist, in the given order.</summary>
    public Task<IReadOnlyList<QualityScore>> ReadAsync(
        IReadOnlyList<Symbol> symbols,
        Timeframe timeframe,
        int bars,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<QualityScore>>(
            async (connection, token) =>
            {
                var scores = new Dictionary<string, QualityScore>(StringComparer.Ordinal);
                await using var batch = new NpgsqlBatch(connection);
                foreach (var (symbol, id, until) in await FindAsync(connection, symbols, timeframe, token))
                {
                    // Every ticker has its own bounds, ending at its last bar, so each query reads only a few chunks.
                    batch.BatchCommands.Add(
                        new(
                            $"""
                            SELECT $1, count(*), min(timestamp), max(timestamp), trim_scale(round(avg(quality_score), 4)),
                                   trim_scale(min(quality_score)), count(*) FILTER (WHERE quality_score < 1)
                              FROM (SELECT timestamp, quality_score
                                      FROM {MarketSchema.QualifiedBarsTable(timeframe)}
                                     WHERE ticker_id = $2 AND timestamp >= $3 AND timestamp < $4
                                     ORDER BY timestamp DESC LIMIT $5) AS newest
                            """
                        )
                        {
                            Parameters =
                            {
                                new() { Value = symbol, NpgsqlDbType = NpgsqlDbType.Text },
                                new() { Value = id },
                                Instant(until - timeframe.Width * (bars * (long)Sparseness)),
                                Instant(until),
                                new() { Value = bars },
                            },
                        }
                    );
                }

                if (batch.BatchCommands.Count > 0)
                {
                    await using var reader = await batch.ExecuteReaderAsync(token);
                    do
                    {
                        await reader.ReadAsync(token);
                        var score = Score(reader);
                        scores.Add(score.Symbol, score);
                    } while (await reader.NextResultAsync(token));
                }

                return [.. symbols.Select(symbol => scores.GetValueOrDefault(symbol.Value)).OfType<QualityScore>()];
            },
            cancellationToken
        );

    private async Task<List<(string Symbol, int Id, DateTimeOffset Until)>> FindAsync(
        NpgsqlConnection connection,
        IReadOnlyList<Symbol> symbols,
        Timeframe timeframe,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT t.symbol, t.id, coalesce(w.until, $3)
              FROM market.tickers t
              LEFT JOIN market.bar_windows w ON w.ticker_id = t.id AND w.timeframe = $2
             WHERE t.symbol = ANY ($1)
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = symbols.Select(symbol => symbol.Value).ToArray() },
                new() { Value = timeframe.Name },
                Instant(time.GetUtcNow() + TimeSpan.FromDays(1)),
            },
        };
        var tickers = new List<(string, int, DateTimeOffset)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            tickers.Add((reader.GetString(0), reader.GetInt32(1), await reader.GetFieldValueAsync<DateTimeOffset>(2, cancellationToken)));
        }

        return tickers;
    }

    private static QualityScore Score(NpgsqlDataReader reader) =>
        new(
            reader.GetString(0),
            reader.GetInt64(1),
            reader.GetFieldValue<DateTimeOffset?>(2),
            reader.GetFieldValue<DateTimeOffset?>(3),
            reader.GetFieldValue<decimal?>(4),
            reader.GetFieldValue<decimal?>(5),
            reader.GetInt64(6)
        );

    private static NpgsqlParameter Instant(DateTimeOffset value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.TimestampTz };
}
