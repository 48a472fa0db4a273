using System.Collections.Concurrent;
using Npgsql;
using Wyckoff.Postgres;
using Wyckoff.Primitives;

namespace Wyckoff.Tickers;

/// <summary>A ticker as writers and readers need it.</summary>
public sealed record TickerRef(int Id, Symbol Symbol, TimeZoneInfo Zone)
{
    /// <summary>Tells it from another of the same id: one added anew, or one of another database.</summary>
    public string Incarnation { get; init; } = "";
}

/// <summary>
/// Symbols to tickers. Remembers for a minute what it has seen, and no longer than until a change is announced, so that looking up costs the database next to nothing.
/// That may be too long, so whoever goes by it checks: bars are written only while their ticker is held, and a ticker that was deleted has no window left to read. An id is never used twice.
/// </summary>
public sealed class TickerDirectory(NpgsqlDataSource source, TimeProvider? time = null)
{
    private const string Columns =
        "id, symbol, timezone, concat((SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()), '-', (extract(epoch FROM created_at) * 1000000)::bigint)";
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ConcurrentDictionary<Symbol, Seen> _bySymbol = new();
    private readonly ConcurrentDictionary<int, Seen> _byId = new();

    private readonly record struct Seen(TickerRef Ticker, long At);

    /// <summary>The ticker of a symbol; one that is not there yet is added, as a stock unless said otherwise.</summary>
    public async ValueTask<TickerRef> GetOrAddAsync(
        Symbol symbol,
        CancellationToken cancellationToken,
        string? timezone = null,
        string? assetType = null
    )
    {
        if (_bySymbol.TryGetValue(symbol, out var seen) && IsFresh(seen))
        {
            return seen.Ticker;
        }

        await using var command = new NpgsqlCommand(
            $"""
            WITH added AS (
              INSERT INTO market.tickers (symbol, timezone, asset_type) VALUES ($1, coalesce($2, 'America/New_York'), coalesce($3, 'stock'))
              ON CONFLICT (symbol) DO NOTHING RETURNING id, symbol, timezone, created_at)
            SELECT {Columns} FROM added UNION ALL SELECT {Columns} FROM market.tickers WHERE symbol = $1 LIMIT 1
            """
        );
        command.Parameters.Add(new() { Value = symbol.Value });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = timezone });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = assetType });
        return await ReadAsync(command, cancellationToken)
            ?? await FindAsync(symbol, cancellationToken)
            // Added and deleted by others between the two looks.
            ?? throw new InvalidOperationException($"The ticker '{symbol}' was deleted while it was looked up.");
    }

    public async ValueTask<TickerRef?> FindAsync(Symbol symbol, CancellationToken cancellationToken)
    {
        if (_bySymbol.TryGetValue(symbol, out var seen) && IsFresh(seen))
        {
            return seen.Ticker;
        }

        await using var command = new NpgsqlCommand($"SELECT {Columns} FROM market.tickers WHERE symbol = $1");
        command.Parameters.Add(new() { Value = symbol.Value });
        return await ReadAsync(command, cancellationToken);
    }

    public async ValueTask<TickerRef?> FindAsync(int id, CancellationToken cancellationToken)
    {
        if (_byId.TryGetValue(id, out var seen) && IsFresh(seen))
        {
            return seen.Ticker;
        }

        await using var command = new NpgsqlCommand($"SELECT {Columns} FROM market.tickers WHERE id = $1");
        command.Parameters.Add(new() { Value = id });
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>What is remembered of a ticker turned out to be wrong.</summary>
    public void Forget(int id)
    {
        if (_byId.TryRemove(id, out var seen))
        {
            _bySymbol.TryRemove(seen.Ticker.Symbol, out _);
        }
    }

    /// <summary>The same, by the symbol it was looked up by.</summary>
    public void Forget(Symbol symbol)
    {
        if (_bySymbol.TryRemove(symbol, out var seen))
        {
            _byId.TryRemove(seen.Ticker.Id, out _);
        }
    }

    private bool IsFresh(Seen seen) => _time.GetElapsedTime(seen.At) < Remembered;

    // A connection that died in the pool is no reason to fail: the server may have been back for long.
    private Task<TickerRef?> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken) =>
        Database.OnLiveAsync(
            source,
            async (connection, token) =>
            {
                await using (connection)
                {
                    command.Connection = connection;
                    return await OnceAsync(command, token);
                }
            },
            _ => { },
            cancellationToken
        );

    private async Task<TickerRef?> OnceAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        // Before the look: what changes while it is under way is not older than it.
        var at = _time.GetTimestamp();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var ticker = new TickerRef(
            reader.GetInt32(0),
            Symbol.Parse(reader.GetString(1)),
            TimeZoneInfo.FindSystemTimeZoneById(reader.GetString(2))
        )
        {
            Incarnation = reader.GetString(3),
        };
        _bySymbol[ticker.Symbol] = _byId[ticker.Id] = new(ticker, at);
        return ticker;
    }
}
