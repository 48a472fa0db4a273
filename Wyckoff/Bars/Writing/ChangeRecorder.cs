using Npgsql;
using NpgsqlTypes;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Writing;

/// <summary>Raises the versions of changed windows, lets the database roll up ranges, and collects everything that changed.</summary>
internal sealed class ChangeRecorder(NpgsqlConnection connection, LockedWindows windows, DerivationStates derivations)
{
    private readonly Dictionary<(int TickerId, Timeframe), WrittenRange> _changes = [];

    /// <summary>The changes so far: one for each window, with its latest version.</summary>
    public IReadOnlyList<WrittenRange> Changes => [.. _changes.Values];

    /// <summary>Records changes of windows of one timeframe.</summary>
    public async Task RecordAsync(Timeframe timeframe, IReadOnlyList<WindowRange> ranges, CancellationToken cancellationToken)
    {
        if (ranges.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(
            """
            SELECT market.record_change(ticker, $2, tstzrange(since, until))
              FROM unnest($1, $3, $4) WITH ORDINALITY c (ticker, since, until, n)
             ORDER BY n
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = ranges.Select(range => range.TickerId).ToArray() },
                new() { Value = timeframe.Name },
                Times(ranges.Select(range => range.From)),
                Times(ranges.Select(range => range.Until)),
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        foreach (var range in ranges)
        {
            await reader.ReadAsync(cancellationToken);
            Add(range, reader.GetInt64(0));
        }
    }

    /// <summary>Lets the database roll up the bars of several ranges into all coarser timeframes.</summary>
    public async Task RollUpAsync(IReadOnlyList<WindowRange> ranges, CancellationToken cancellationToken)
    {
        if (ranges.Count == 0)
        {
            return;
        }

        await using var batch = new NpgsqlBatch(connection);
        foreach (var range in ranges)
        {
            batch.BatchCommands.Add(
                new("SELECT rolled, version, lower(changed), upper(changed) FROM market.roll_up($1, $2, tstzrange($3, $4))")
                {
                    Parameters =
                    {
                        new() { Value = range.TickerId },
                        new() { Value = range.Timeframe.Name },
                        new() { Value = SqlTime.Of(range.From) },
                        new() { Value = SqlTime.Of(range.Until) },
                    },
                }
            );
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        foreach (var range in ranges)
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var coarser = Timeframe.Parse(reader.GetString(0));
                derivations.Remove(range.TickerId, coarser);
                Add(
                    new(range.TickerId, coarser, SqlTime.Read(reader, 2)!.Value, SqlTime.Read(reader, 3)!.Value),
                    version: reader.GetInt64(1)
                );
            }

            await reader.NextResultAsync(cancellationToken);
        }
    }

    private static NpgsqlParameter Times(IEnumerable<long> times) =>
        new() { Value = times.Select(SqlTime.Of).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz };

    private void Add(in WindowRange changed, long version)
    {
        windows.Changed(changed, version);
        var key = (changed.TickerId, changed.Timeframe);
        var range = new TimeRange(IncomingBar.InstantOf(changed.From), IncomingBar.InstantOf(changed.Until));
        _changes[key] = _changes.TryGetValue(key, out var before)
            ? before with
            {
                Version = version,
                Range = new(
                    range.Start < before.Range.Start ? range.Start : before.Range.Start,
                    range.End > before.Range.End ? range.End : before.Range.End
                ),
            }
            : new(changed.TickerId, changed.Timeframe, version, range);
    }
}
