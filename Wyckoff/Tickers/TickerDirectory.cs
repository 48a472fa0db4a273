using System.Collections.Concurrent;
using Npgsql;
using Wyckoff.Postgres;
using Wyckoff.Primitives;

namespace Wyckoff.Tickers;

/// <summary>The part of a ticker that readers and writers of bars need.</summary>
public sealed record TickerRef(int Id, Symbol Symbol, TimeZoneInfo Zone)
{
    /// <summary>Distinguishes tickers that have the same id: a ticker added again, or a ticker of another database.</summary>
    public string Incarnation { get; init; } = "";

    /// <summary>Its bars may have zero and negative prices.</summary>
    public bool AllowsNegative { get; init; }
}

/// <summary>
/// Looks up tickers by symbol or id and caches them for a minute, or until a change is announced. A cached ticker may have been deleted.
/// This is safe: ids are never reused, writers lock the ticker's row before they write bars, and a deleted ticker has no windows left to
/// read.
/// </summary>
public sealed class TickerDirectory(NpgsqlDataSource source, TimeProvider? time = null)
{
    private const string Columns =
        "id, symbol, timezone, "
        + "concat((SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()), '-', "
        + "(extract(epoch FROM created_at) * 1000000)::bigint), allows_negative";
    private static readonly TimeSpan CacheLifetime = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ConcurrentDictionary<Symbol, CacheEntry> _bySymbol = new();
    private readonly ConcurrentDictionary<int, CacheEntry> _byId = new();

    private readonly record struct CacheEntry(TickerRef Ticker, long ReadAt);

    /// <summary>Returns the ticker of a symbol. A missing ticker is added, by default as a stock in New York time.</summary>
    public async ValueTask<TickerRef> GetOrAddAsync(
        Symbol symbol,
        CancellationToken cancellationToken,
        string? timezone = null,
        string? assetType = null,
        bool allowsNegative = false
    )
    {
        if (_bySymbol.TryGetValue(symbol, out var entry) && IsFresh(entry))
        {
            return entry.Ticker;
        }

        await using var command = new NpgsqlCommand(
            $"""
            WITH added AS (
              INSERT INTO market.tickers (symbol, timezone, asset_type, allows_negative)
              VALUES ($1, coalesce($2, 'America/New_York'), coalesce($3, 'stock'), $4)
              ON CONFLICT (symbol) DO NOTHING RETURNING id, symbol, timezone, created_at, allows_negative)
            SELECT {Columns} FROM added UNION ALL SELECT {Columns} FROM market.tickers WHERE symbol = $1 LIMIT 1
            """
        );
        command.Parameters.Add(new() { Value = symbol.Value });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = timezone });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = assetType });
        command.Parameters.Add(new() { Value = allowsNegative });
        return await ReadAsync(command, cancellationToken)
            ?? await FindAsync(symbol, cancellationToken)
            // Between the two queries, other processes added and deleted the ticker.
            ?? throw new InvalidOperationException($"The ticker '{symbol}' was deleted while it was looked up.");
    }

    public async ValueTask<TickerRef?> FindAsync(Symbol symbol, CancellationToken cancellationToken)
    {
        if (_bySymbol.TryGetValue(symbol, out var entry) && IsFresh(entry))
        {
            return entry.Ticker;
        }

        await using var command = new NpgsqlCommand($"SELECT {Columns} FROM market.tickers WHERE symbol = $1");
        command.Parameters.Add(new() { Value = symbol.Value });
        return await ReadAsync(command, cancellationToken);
    }

    public async ValueTask<TickerRef?> FindAsync(int id, CancellationToken cancellationToken)
    {
        if (_byId.TryGetValue(id, out var entry) && IsFresh(entry))
        {
            return entry.Ticker;
        }

        await using var command = new NpgsqlCommand($"SELECT {Columns} FROM market.tickers WHERE id = $1");
        command.Parameters.Add(new() { Value = id });
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>
    /// Reads the symbols of all tickers that allow negative prices, or of all that do not. Cached tickers that say otherwise are dropped.
    /// </summary>
    public async Task<HashSet<Symbol>> WithAllowsNegativeAsync(bool allowsNegative, CancellationToken cancellationToken)
    {
        var symbols = await Database.OnLiveAsync(
            source,
            async (connection, token) =>
            {
                await using (connection)
                {
                    await using var command = new NpgsqlCommand("SELECT symbol FROM market.tickers WHERE allows_negative = $1", connection)
                    {
                        Parameters = { new() { Value = allowsNegative } },
                    };
                    var found = new HashSet<Symbol>();
                    await using var reader = await command.ExecuteReaderAsync(token);
                    while (await reader.ReadAsync(token))
                    {
                        found.Add(Symbol.Parse(reader.GetString(0)));
                    }

                    return found;
                }
            },
            _ => { },
            cancellationToken
        );
        foreach (var (symbol, entry) in _bySymbol)
        {
            if ((entry.Ticker.AllowsNegative == allowsNegative) != symbols.Contains(symbol))
            {
                Forget(symbol);
            }
        }

        return symbols;
    }

    /// <summary>Drops a ticker from the cache.</summary>
    public void Forget(int id)
    {
        if (_byId.TryRemove(id, out var entry))
        {
            _bySymbol.TryRemove(entry.Ticker.Symbol, out _);
        }
    }

    /// <summary>Drops a ticker from the cache by its symbol.</summary>
    public void Forget(Symbol symbol)
    {
        if (_bySymbol.TryRemove(symbol, out var entry))
        {
            _byId.TryRemove(entry.Ticker.Id, out _);
        }
    }

    private bool IsFresh(CacheEntry entry) => _time.GetElapsedTime(entry.ReadAt) < CacheLifetime;

    // Retried on a new connection if the pooled one is dead, for example after a server restart.
    private Task<TickerRef?> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken) =>
        Database.OnLiveAsync(
            source,
            async (connection, token) =>
            {
                await using (connection)
                {
                    command.Connection = connection;
                    return await ReadOnceAsync(command, token);
                }
            },
            _ => { },
            cancellationToken
        );

    private async Task<TickerRef?> ReadOnceAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        // Taken before the query, so that a slow query does not make the entry look newer than its data.
        var readAt = _time.GetTimestamp();
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
            AllowsNegative = reader.GetBoolean(4),
        };
        _bySymbol[ticker.Symbol] = _byId[ticker.Id] = new(ticker, readAt);
        return ticker;
    }
}
