using System.Text;
using Npgsql;
using NpgsqlTypes;
using Wyckoff.Bars;
using Wyckoff.Bars.Reading;
using Wyckoff.Bars.Writing;
using Wyckoff.Postgres;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Quality;

/// <summary>Reads the stored bars of a window and reports on their quality. Changes nothing.</summary>
public sealed class QualityInspector(Database database, TimeProvider time)
{
    private const int DefaultBars = 100_000;
    private const int BarsAtATime = 40_000;
    private const int Peers = 20;
    private const BarFields Fields =
        BarFields.Open | BarFields.High | BarFields.Low | BarFields.Close | BarFields.Volume | BarFields.Source | BarFields.QualityScore;

    /// <summary>The start of a report if the caller gives none: 100 000 times the timeframe before the end.</summary>
    public static DateTimeOffset DefaultStart(Timeframe timeframe, DateTimeOffset end) =>
        end - DateTimeOffset.MinValue > timeframe.Width * DefaultBars ? end - timeframe.Width * DefaultBars : DateTimeOffset.MinValue;

    /// <summary>Reads the ticker from the database. Reports are too rare to cache tickers for them.</summary>
    public Task<TickerRef?> FindTickerAsync(Symbol symbol, CancellationToken cancellationToken) =>
        database.ReadAsync<TickerRef?>(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand("SELECT id, timezone FROM market.tickers WHERE symbol = $1", connection)
                {
                    Parameters = { new() { Value = symbol.Value } },
                };
                await using var reader = await command.ExecuteReaderAsync(token);
                return await reader.ReadAsync(token)
                    ? new(reader.GetInt32(0), symbol, TimeZoneInfo.FindSystemTimeZoneById(reader.GetString(1)))
                    : null;
            },
            cancellationToken
        );

    /// <summary>Creates the report, with at most <paramref name="limit"/> findings of each kind.</summary>
    public Task<QualityReport> InspectAsync(
        TickerRef ticker,
        Timeframe timeframe,
        TimeRange range,
        int limit,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            (connection, token) => new Inspection(connection, ticker, timeframe, range, limit, time.GetUtcNow()).RunAsync(token),
            cancellationToken
        );

    private sealed class Inspection(
        NpgsqlConnection connection,
        TickerRef ticker,
        Timeframe timeframe,
        TimeRange range,
        int limit,
        DateTimeOffset now
    )
    {
        private readonly Dictionary<string, SourceShare> _sources = new(StringComparer.Ordinal);
        private readonly Dictionary<string, List<Outlier>> _outliers = new(StringComparer.Ordinal)
        {
            [OutlierRules.Move] = [],
            [OutlierRules.Flat] = [],
            [OutlierRules.ZeroVolume] = [],
        };
        private readonly Dictionary<string, long> _byRule = new(StringComparer.Ordinal)
        {
            [OutlierRules.Move] = 0,
            [OutlierRules.Flat] = 0,
            [OutlierRules.ZeroVolume] = 0,
        };
        private ExpectedBars? _pattern;
        private DateTimeOffset? _first;
        private DateTimeOffset? _last;
        private long _bars;
        private (long Bars, decimal Sum, decimal? Lowest) _scores;

        private readonly record struct Bar(DateTimeOffset Timestamp, BarAmounts Amounts, string Source, decimal? Quality);

        public async Task<QualityReport> RunAsync(CancellationToken cancellationToken)
        {
            // Bars are expected between the first and the last bar of the window, inside or outside the range.
            var before = await NthAsync("nth_bar_before", range.Start, 1, cancellationToken) < range.Start;
            var after = await NthAsync("nth_bar_from", range.End, 1, cancellationToken) < DateTimeOffset.MaxValue;
            var rules = new OutlierRules();
            var since = await NthAsync("nth_bar_before", range.Start, OutlierRules.Window, cancellationToken);
            foreach (var span in BarSpans.Cut(timeframe, since, range.End, BarsAtATime, now))
            {
                await foreach (var bar in ReadAsync(timeframe, span, cancellationToken))
                {
                    var outliers = rules.Next(bar.Timestamp, bar.Amounts);
                    if (bar.Timestamp >= range.Start)
                    {
                        Count(bar, before);
                        CountOutliers(outliers);
                    }
                }
            }

            var (expected, missing, gaps, closed) = (0L, 0L, (IReadOnlyList<BarGap>)[], (IReadOnlyList<DateOnly>)[]);
            var sessions = 0;
            if (_pattern is { } pattern)
            {
                if (after)
                {
                    pattern.End(range.End);
                }

                sessions = pattern.Sessions;
                (expected, missing, gaps, closed) = pattern.Compare(await TradedAsync(pattern.DaysWithoutBars(), cancellationToken));
            }

            var (disagreeing, disagreements) = await DisagreementsAsync(cancellationToken);
            var shared = await SharedCoverageAsync(cancellationToken);
            return new(
                range,
                new(
                    _first,
                    _last,
                    _bars,
                    sessions,
                    expected,
                    missing,
                    expected == 0 ? null : Math.Round(100m * (expected - missing) / expected, 2),
                    _scores.Bars == 0 ? null : Math.Round(_scores.Sum / _scores.Bars, 4),
                    _scores.Lowest
                ),
                First(gaps),
                First(closed),
                new(_byRule.Values.Sum(), [.. _outliers.Values.SelectMany(found => found).Take(limit)]),
                _byRule,
                new(disagreeing, disagreements),
                First(shared),
                [.. _sources.Values.OrderByDescending(share => share.Bars).ThenBy(share => share.Source, StringComparer.Ordinal)],
                _pattern?.Days ?? []
            );
        }

        private Findings<T> First<T>(IReadOnlyList<T> all) => new(all.Count, [.. all.Take(limit)]);

        private void Count(Bar bar, bool before)
        {
            _pattern ??= new(timeframe, ticker.Zone, before ? range.Start : bar.Timestamp);
            _pattern.Add(bar.Timestamp);
            _first ??= bar.Timestamp;
            _last = bar.Timestamp;
            _bars++;
            _sources[bar.Source] = _sources.TryGetValue(bar.Source, out var share)
                ? share with
                {
                    Bars = share.Bars + 1,
                    Last = bar.Timestamp,
                }
                : new(bar.Source, 1, bar.Timestamp, bar.Timestamp);
            if (bar.Quality is { } score)
            {
                _scores = (_scores.Bars + 1, _scores.Sum + score, Math.Min(_scores.Lowest ?? score, score));
            }
        }

        private void CountOutliers(IEnumerable<Outlier> outliers)
        {
            foreach (var outlier in outliers)
            {
                _byRule[outlier.Rule]++;
                if (_outliers[outlier.Rule].Count < limit)
                {
                    _outliers[outlier.Rule].Add(outlier);
                }
            }
        }

        private async IAsyncEnumerable<Bar> ReadAsync(
            Timeframe from,
            TimeRange span,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
        )
        {
            await using var rows = await BarReader.OpenOnAsync(connection, ticker.Id, from, Fields, span, cancellationToken);
            var (bytes, source) = (Array.Empty<byte>(), "");
            await foreach (var row in rows.ReadAllAsync(cancellationToken))
            {
                // Consecutive bars of one source share its bytes.
                if (row.Source != bytes)
                {
                    (bytes, source) = (row.Source!, Encoding.UTF8.GetString(row.Source!));
                }

                yield return new(
                    IncomingBar.InstantOf(row.Time),
                    new(
                        BarRow.ToDecimal(row.Open),
                        BarRow.ToDecimal(row.High),
                        BarRow.ToDecimal(row.Low),
                        BarRow.ToDecimal(row.Close),
                        BarRow.ToDecimal(row.Volume)
                    ),
                    source,
                    BarRow.ToNullableDecimal(row.QualityScore)
                );
            }
        }

        // Of the dates without bars, those that have a daily bar of this ticker or of a similar one: same exchange, time zone and asset
        // type.
        private async Task<HashSet<DateOnly>> TradedAsync(IReadOnlyList<DateOnly> dates, CancellationToken cancellationToken)
        {
            if (dates.Count == 0)
            {
                return [];
            }

            await using var command = Command(
                """
                SELECT DISTINCT timestamp FROM market.bars_1d
                 WHERE timestamp = ANY($2) AND timestamp >= $3 AND timestamp <= $4
                   AND ticker_id = ANY(ARRAY(
                     SELECT $1 UNION ALL
                     (SELECT p.id
                        FROM market.tickers t
                        JOIN market.tickers p
                          ON p.timezone = t.timezone AND p.asset_type = t.asset_type
                         AND p.exchange IS NOT DISTINCT FROM t.exchange AND p.id <> t.id
                       WHERE t.id = $1 ORDER BY p.id LIMIT $5)))
                """,
                ticker.Id,
                dates.Select(Midnight).ToArray(),
                Midnight(dates[0]),
                Midnight(dates[^1]),
                Peers
            );
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var traded = new HashSet<DateOnly>();
            while (await reader.ReadAsync(cancellationToken))
            {
                traded.Add(DateOnly.FromDateTime(reader.GetDateTime(0)));
            }

            return traded;

            static DateTime Midnight(DateOnly date) => date.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
        }

        private async Task<(long Total, List<Disagreement> First)> DisagreementsAsync(CancellationToken cancellationToken)
        {
            var (total, first) = (0L, new List<Disagreement>());
            var finer = Timeframe.Stored.Where(stored => stored.Width < timeframe.Width).ToArray();
            // The report has counted the sources of this range already.
            if (finer.Length == 0 || _sources.Keys.All(source => source == BarWriter.Aggregated))
            {
                return (0, first);
            }

            // The same sources as for roll-ups: the next finer timeframe; for days the finest, and never 4h, which may span midnight.
            var candidates = timeframe.IsDaily
                ? finer.Where(candidate => candidate != Timeframe.Hour4).ToArray()
                : finer.Reverse().ToArray();
            foreach (
                var span in BarSpans.Cut(
                    timeframe,
                    _first!.Value,
                    _last!.Value + timeframe.Width,
                    Math.Max(1, (int)(BarsAtATime * finer[0].Width / timeframe.Width)),
                    now
                )
            )
            {
                var bars = new List<Bar>();
                await foreach (var bar in ReadAsync(timeframe, span, cancellationToken))
                {
                    if (bar.Source != BarWriter.Aggregated)
                    {
                        bars.Add(bar);
                    }
                }

                if (bars.Count == 0)
                {
                    continue;
                }

                var within = new TimeRange(Open(bars[0]), Close(bars[^1]));
                foreach (var candidate in candidates)
                {
                    var parts = await CompareAsync(
                        bars,
                        candidate,
                        within,
                        disagreement =>
                        {
                            total++;
                            if (first.Count < limit)
                            {
                                first.Add(disagreement);
                            }
                        },
                        cancellationToken
                    );
                    if (parts > 0)
                    {
                        break;
                    }
                }
            }

            return (total, first);
        }

        private async Task<long> CompareAsync(
            List<Bar> bars,
            Timeframe candidate,
            TimeRange within,
            Action<Disagreement> found,
            CancellationToken cancellationToken
        )
        {
            var (next, count, all) = (0, 0, 0L);
            BarAmounts? sum = null;
            await foreach (var part in ReadAsync(candidate, within, cancellationToken))
            {
                all++;
                while (next < bars.Count && part.Timestamp >= Close(bars[next]))
                {
                    End();
                }

                if (next < bars.Count && part.Timestamp >= Open(bars[next]))
                {
                    sum = sum is null ? part.Amounts : sum.Then(part.Amounts);
                    count++;
                }
            }

            if (next < bars.Count)
            {
                End();
            }

            return all;

            void End()
            {
                var bar = bars[next++];
                if (sum is { } aggregate && bar.Amounts.DiffersIn(aggregate) is { Count: > 0 } fields)
                {
                    found(new(bar.Timestamp, bar.Source, candidate.Name, count, fields, bar.Amounts, aggregate));
                }

                (sum, count) = (null, 0);
            }
        }

        private DateTimeOffset Open(Bar bar) =>
            timeframe.IsDaily ? SessionDay.StartOf(ticker.Zone, DateOnly.FromDateTime(bar.Timestamp.UtcDateTime)) : bar.Timestamp;

        private DateTimeOffset Close(Bar bar) =>
            timeframe.IsDaily
                ? SessionDay.StartOf(ticker.Zone, DateOnly.FromDateTime(bar.Timestamp.UtcDateTime).AddDays(1))
                : bar.Timestamp + timeframe.Width;

        private async Task<List<SharedCoverage>> SharedCoverageAsync(CancellationToken cancellationToken)
        {
            await using var command = Command(
                """
                SELECT a.source, b.source, lower(common), upper(common)
                  FROM market.sync_coverage a
                  JOIN market.sync_coverage b ON b.ticker_id = a.ticker_id AND b.timeframe = a.timeframe AND b.source > a.source,
                       unnest(a.covered * b.covered * tstzmultirange(tstzrange($2, $3))) AS common
                 WHERE a.ticker_id = $1 AND a.timeframe = $4 ORDER BY 3, 1, 2
                """,
                ticker.Id,
                range.Start,
                range.End,
                timeframe.Name
            );
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var shared = new List<SharedCoverage>();
            while (await reader.ReadAsync(cancellationToken))
            {
                shared.Add(Of(reader));
            }

            return shared;

            static SharedCoverage Of(NpgsqlDataReader row) =>
                new(row.GetString(0), row.GetString(1), row.GetFieldValue<DateTimeOffset>(2), row.GetFieldValue<DateTimeOffset>(3));
        }

        private async Task<DateTimeOffset> NthAsync(string function, DateTimeOffset instant, int n, CancellationToken cancellationToken)
        {
            await using var command = Command($"SELECT market.{function}($1, $2, $3, $4)", ticker.Id, timeframe.Name, instant, n);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return await reader.GetFieldValueAsync<DateTimeOffset>(0, cancellationToken);
        }

        private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> parameters)
        {
            var command = new NpgsqlCommand(sql, connection);
            foreach (var parameter in parameters)
            {
                command.Parameters.Add(
                    parameter is DateTimeOffset
                        ? new NpgsqlParameter { Value = parameter, NpgsqlDbType = NpgsqlDbType.TimestampTz }
                        : new NpgsqlParameter { Value = parameter }
                );
            }

            return command;
        }
    }
}
