using System.Collections.Concurrent;
using Npgsql;
using Wyckoff.Primitives;

namespace Wyckoff.MarketData;

/// <summary>A ticker as writers and readers need it.</summary>
public sealed record TickerRef(int Id, Symbol Symbol, TimeZoneInfo Zone)
{
    /// <summary>Tells it from another of the same id: one added anew, or one of another database.</summary>
    public string Incarnation { get; init; } = "";
}

/// <summary>Symbols to tickers, for writers. Remembers what it has seen, so a lookup costs the database nothing after the first; a ticker that was deleted meanwhile is noticed when its bars are written.</summary>
public sealed class TickerDirectory(NpgsqlDataSource source)
{
    private const string Columns = "id, symbol, timezone, concat((SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()), '-', (extract(epoch FROM created_at) * 1000000)::bigint)";

    private readonly ConcurrentDictionary<Symbol, TickerRef> _bySymbol = new();
    private readonly ConcurrentDictionary<int, TickerRef> _byId = new();

    /// <summary>The ticker of a symbol; one that is not there yet is added, as a stock unless said otherwise.</summary>
    public async ValueTask<TickerRef> GetOrAddAsync(Symbol symbol, CancellationToken cancellationToken, string? timezone = null, string? assetType = null)
    {
        if (_bySymbol.TryGetValue(symbol, out var known))
        {
            return known;
        }

        await using var command = source.CreateCommand(
            $"""
            WITH added AS (
              INSERT INTO market.tickers (symbol, timezone, asset_type) VALUES ($1, coalesce($2, 'America/New_York'), coalesce($3, 'stock'))
              ON CONFLICT (symbol) DO NOTHING RETURNING id, symbol, timezone, created_at)
            SELECT {Columns} FROM added UNION ALL SELECT {Columns} FROM market.tickers WHERE symbol = $1 LIMIT 1
            """);
        command.Parameters.Add(new() { Value = symbol.Value });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = timezone });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = assetType });
        return await ReadAsync(command, cancellationToken) ?? await FindAsync(symbol, cancellationToken)
            // Added and deleted by others between the two looks.
            ?? throw new InvalidOperationException($"The ticker '{symbol}' was deleted while it was looked up.");
    }

    public async ValueTask<TickerRef?> FindAsync(Symbol symbol, CancellationToken cancellationToken)
    {
        if (_bySymbol.TryGetValue(symbol, out var known))
        {
            return known;
        }

        await using var command = source.CreateCommand($"SELECT {Columns} FROM market.tickers WHERE symbol = $1");
        command.Parameters.Add(new() { Value = symbol.Value });
        return await ReadAsync(command, cancellationToken);
    }

    public async ValueTask<TickerRef?> FindAsync(int id, CancellationToken cancellationToken)
    {
        if (_byId.TryGetValue(id, out var known))
        {
            return known;
        }

        await using var command = source.CreateCommand($"SELECT {Columns} FROM market.tickers WHERE id = $1");
        command.Parameters.Add(new() { Value = id });
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>What is remembered of a ticker turned out to be wrong.</summary>
    public void Forget(int id)
    {
        if (_byId.TryRemove(id, out var ticker))
        {
            _bySymbol.TryRemove(ticker.Symbol, out _);
        }
    }

    private async Task<TickerRef?> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var ticker = new TickerRef(reader.GetInt32(0), Symbol.Parse(reader.GetString(1)), TimeZoneInfo.FindSystemTimeZoneById(reader.GetString(2))) { Incarnation = reader.GetString(3) };
        _byId[ticker.Id] = ticker;
        return _bySymbol[ticker.Symbol] = ticker;
    }
}
