using Npgsql;
using Wyckoff.Postgres;
using Wyckoff.Primitives;

namespace Wyckoff.Tickers;

/// <summary>Suggests existing symbols that are similar to an unknown one.</summary>
public sealed class TickerSearch(Database database, TimeProvider time)
{
    /// <summary>The maximum number of suggestions.</summary>
    public const int MaxNear = 5;

    // Limits the symbols that are compared, active ones first. Comparing all of them takes a few milliseconds at most.
    private const int MaxSymbols = 50_000;

    // Symbols that differ by more edits are not similar.
    private const int MaxDistance = 2;

    // The symbols are cached, so that a client that asks for unknown symbols in a loop does not load the database. An empty list is not
    // cached: reading it is cheap, and tickers are probably about to be added.
    private static readonly TimeSpan CacheLifetime = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private Task<string[]>? _symbols;
    private long _readAt;

    /// <summary>Returns symbols that start with the given one, shortest first, then symbols within two edits, nearest first.</summary>
    public async Task<IReadOnlyList<string>> NearAsync(Symbol symbol, CancellationToken cancellationToken)
    {
        var symbols = await ListAsync().WaitAsync(cancellationToken);
        return
        [
            .. symbols
                .Select(other => (Symbol: other, Rank: Rank(symbol.Value, other)))
                .Where(found => found.Rank < int.MaxValue)
                .OrderBy(found => found.Rank)
                .ThenBy(found => found.Symbol, StringComparer.Ordinal)
                .Take(MaxNear)
                .Select(found => found.Symbol),
        ];
    }

    /// <summary>
    /// Counts the edits between two symbols: inserted, deleted or replaced characters and swapped neighbours (optimal string alignment).
    /// Returns
    /// <paramref name="limit"/> + 1 as soon as there are more than <paramref name="limit"/>.
    /// </summary>
    private static int Distance(ReadOnlySpan<char> a, ReadOnlySpan<char> b, int limit)
    {
        if (Math.Abs(a.Length - b.Length) > limit)
        {
            return limit + 1;
        }

        Span<int> beforeLast = stackalloc int[Symbol.MaxLength + 1],
            last = stackalloc int[Symbol.MaxLength + 1],
            current = stackalloc int[Symbol.MaxLength + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var least = current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                current[j] = Math.Min(Math.Min(last[j], current[j - 1]) + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    current[j] = Math.Min(current[j], beforeLast[j - 2] + 1);
                }

                least = Math.Min(least, current[j]);
            }

            if (least > limit)
            {
                return limit + 1;
            }

            var reused = beforeLast;
            beforeLast = last;
            last = current;
            current = reused;
        }

        return last[b.Length];
    }

    private static int Rank(string wanted, string symbol)
    {
        if (symbol.StartsWith(wanted, StringComparison.Ordinal))
        {
            return symbol.Length - wanted.Length;
        }

        // A short symbol allows fewer edits: every two-letter symbol is within two edits of every other one.
        var limit = Math.Min(MaxDistance, wanted.Length / 2);
        var distance = Distance(wanted, symbol, limit);
        return distance > limit ? int.MaxValue : 100 + distance;
    }

    private Task<string[]> ListAsync()
    {
        lock (_lock)
        {
            if (
                _symbols is null or { IsFaulted: true } or { IsCompletedSuccessfully: true, Result: [] }
                || time.GetElapsedTime(_readAt) > CacheLifetime
            )
            {
                _readAt = time.GetTimestamp();
                // Concurrent callers share this task, so no single caller may cancel it.
                _symbols = database.ReadAsync(ReadAsync, CancellationToken.None);
            }

            return _symbols;
        }
    }

    private static async Task<string[]> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT symbol FROM market.tickers ORDER BY NOT is_active, symbol LIMIT $1", connection)
        {
            Parameters = { new() { Value = MaxSymbols } },
        };
        var symbols = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            symbols.Add(reader.GetString(0));
        }

        return [.. symbols];
    }
}
