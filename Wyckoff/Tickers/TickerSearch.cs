using Npgsql;
using Wyckoff.Postgres;
using Wyckoff.Primitives;

namespace Wyckoff.Tickers;

/// <summary>Which tickers look like a symbol that is none of them.</summary>
public sealed class TickerSearch(Database database, TimeProvider time)
{
    /// <summary>So many are offered at most.</summary>
    public const int MaxNear = 5;

    // Sought among so many, active ones first: one look over all of them is a few milliseconds at worst.
    private const int MaxSymbols = 50_000;

    // More slips than this, and it is another symbol.
    private const int MaxDistance = 2;

    // So long a list serves: whoever asks for nonsense in a loop costs the database nothing. An empty one costs nothing to read, and is about to be filled.
    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private Task<string[]>? _symbols;
    private long _readAt;

    /// <summary>Those that begin with it first, then those that are a slip or two away from it; the nearest first.</summary>
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

    /// <summary>Slips between the two: letters that are missing, too many, wrong, or swapped with their neighbour. More than <paramref name="most"/> are not counted to their end.</summary>
    private static int Distance(ReadOnlySpan<char> a, ReadOnlySpan<char> b, int most)
    {
        if (Math.Abs(a.Length - b.Length) > most)
        {
            return most + 1;
        }

        Span<int> before = stackalloc int[Symbol.MaxLength + 1],
            last = stackalloc int[Symbol.MaxLength + 1],
            now = stackalloc int[Symbol.MaxLength + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var least = now[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                now[j] = Math.Min(Math.Min(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    now[j] = Math.Min(now[j], before[j - 2] + 1);
                }

                least = Math.Min(least, now[j]);
            }

            if (least > most)
            {
                return most + 1;
            }

            var free = before;
            before = last;
            last = now;
            now = free;
        }

        return last[b.Length];
    }

    private static int Rank(string wanted, string symbol)
    {
        if (symbol.StartsWith(wanted, StringComparison.Ordinal))
        {
            return symbol.Length - wanted.Length;
        }

        // Of a symbol of two letters, every other one is two slips away.
        var most = Math.Min(MaxDistance, wanted.Length / 2);
        var distance = Distance(wanted, symbol, most);
        return distance > most ? int.MaxValue : 100 + distance;
    }

    private Task<string[]> ListAsync()
    {
        lock (_lock)
        {
            if (
                _symbols is null or { IsFaulted: true } or { IsCompletedSuccessfully: true, Result: [] }
                || time.GetElapsedTime(_readAt) > Lasts
            )
            {
                _readAt = time.GetTimestamp();
                // For all who ask meanwhile, so not to be cancelled by the first of them.
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
