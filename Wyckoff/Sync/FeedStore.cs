using Npgsql;
using NpgsqlTypes;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Sync;

/// <summary>A feed with the result of its last sync.</summary>
public sealed record FeedEntry(
    int Id,
    Symbol Symbol,
    Timeframe Timeframe,
    string Provider,
    DateTimeOffset Since,
    TimeSpan Every,
    bool Live,
    bool Enabled,
    DateTimeOffset NextDue,
    string? Status,
    DateTimeOffset? LastSyncAt,
    string? Error
);

/// <summary>Stores feeds in <c>market.feeds</c>. The clock of the database decides which are due.</summary>
public sealed class FeedStore(NpgsqlDataSource source, TickerDirectory tickers)
{
    private const string Columns = "f.id, t.symbol, f.timeframe, f.provider, f.since, f.every_seconds, f.live, f.enabled, f.next_due";

    /// <summary>The name of the lease on syncing a feed.</summary>
    public static string LeaseName(int feed) => FormattableString.Invariant($"feed/{feed}");

    public Task<IReadOnlyList<FeedEntry>> ListAsync(CancellationToken cancellationToken) => ListAsync(null, cancellationToken);

    public async Task<FeedEntry?> FindAsync(int id, CancellationToken cancellationToken) =>
        (await ListAsync(id, cancellationToken)).SingleOrDefault();

    private async Task<IReadOnlyList<FeedEntry>> ListAsync(int? id, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            $"""
            SELECT {Columns}, l.status, l.last_sync_at, l.error_message
              FROM market.feeds f JOIN market.tickers t ON t.id = f.ticker_id
              LEFT JOIN LATERAL (SELECT status, last_sync_at, error_message FROM market.data_sync_log l
                                  WHERE l.ticker_id = f.ticker_id AND l.timeframe = f.timeframe AND l.source = f.provider
                                  ORDER BY l.last_sync_at DESC, l.id DESC LIMIT 1) AS l ON true
             WHERE $1 IS NULL OR f.id = $1
             ORDER BY t.symbol, f.id
            """
        );
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)id ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        var feeds = new List<FeedEntry>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            feeds.Add(Entry(reader, withStatus: true));
        }

        return feeds;
    }

    /// <summary>Adds a feed, or updates the existing one of this ticker, timeframe and provider. The feed is due at once.</summary>
    /// <returns>The id of the feed.</returns>
    public async Task<int> AddAsync(
        Symbol symbol,
        Timeframe timeframe,
        string provider,
        DateTimeOffset since,
        TimeSpan every,
        bool live,
        CancellationToken cancellationToken
    )
    {
        var ticker = await tickers.GetOrAddAsync(symbol, cancellationToken);
        var feed = new Feed(ticker.Id, timeframe, provider, since, every, live);
        await using var command = source.CreateCommand(
            """
            INSERT INTO market.feeds (ticker_id, timeframe, provider, since, every_seconds, live) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (ticker_id, timeframe, provider) DO UPDATE
              SET since = excluded.since, every_seconds = excluded.every_seconds, live = excluded.live,
                  enabled = true, next_due = now(), updated_at = now()
            RETURNING id
            """
        );
        command.Parameters.Add(new() { Value = feed.TickerId });
        command.Parameters.Add(new() { Value = feed.Timeframe.Name });
        command.Parameters.Add(new() { Value = feed.Provider });
        command.Parameters.Add(new() { Value = feed.Since.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = feed.EverySeconds });
        command.Parameters.Add(new() { Value = feed.Live });
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Removes the feeds of a symbol; a null timeframe or provider matches any.</summary>
    /// <returns>The number of feeds removed.</returns>
    public async Task<int> RemoveAsync(Symbol symbol, Timeframe? timeframe, string? provider, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            DELETE FROM market.feeds f USING market.tickers t
             WHERE t.id = f.ticker_id AND t.symbol = $1 AND ($2 IS NULL OR f.timeframe = $2) AND ($3 IS NULL OR f.provider = $3)
            """
        );
        command.Parameters.Add(new() { Value = symbol.Value });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = timeframe?.Name });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = provider });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Removes a feed; false if there is none with this id.</summary>
    public async Task<bool> RemoveAsync(int id, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("DELETE FROM market.feeds WHERE id = $1");
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>
    /// Claims up to <paramref name="limit"/> due feeds, the longest overdue first, and acquires their leases. Feeds that another replica
    /// has leased or is claiming are skipped.
    /// </summary>
    public async Task<IReadOnlyList<(FeedEntry Feed, Lease Lease)>> ClaimDueAsync(
        string holder,
        string[] providers,
        int limit,
        TimeSpan lease,
        CancellationToken cancellationToken
    )
    {
        await using var command = source.CreateCommand(
            $"""
            WITH due AS MATERIALIZED (
              SELECT {Columns}, 'feed/' || f.id AS lease
                FROM market.feeds f
                JOIN market.tickers t ON t.id = f.ticker_id
                LEFT JOIN market.leases l ON l.name = 'feed/' || f.id
               WHERE f.enabled AND f.next_due <= clock_timestamp() AND f.provider = ANY ($2)
                 AND (l.until IS NULL OR l.until <= clock_timestamp())
               ORDER BY f.next_due, f.id LIMIT $3 FOR UPDATE OF f SKIP LOCKED),
            taken AS (
              UPDATE market.leases SET holder = $1, version = version + 1, until = clock_timestamp() + $4
               WHERE name IN (SELECT name FROM market.leases
                               WHERE name IN (SELECT lease FROM due) AND until <= clock_timestamp() FOR UPDATE SKIP LOCKED)
              RETURNING name, version, until),
            added AS (
              INSERT INTO market.leases (name, holder, version, until) SELECT lease, $1, 1, clock_timestamp() + $4 FROM due
              ON CONFLICT (name) DO NOTHING RETURNING name, version, until)
            SELECT due.*, mine.version, mine.until
              FROM due JOIN (SELECT * FROM taken UNION ALL SELECT * FROM added) AS mine ON mine.name = due.lease
            """
        );
        command.Parameters.Add(new() { Value = holder });
        command.Parameters.Add(new() { Value = providers });
        command.Parameters.Add(new() { Value = limit });
        command.Parameters.Add(new() { Value = lease, NpgsqlDbType = NpgsqlDbType.Interval });
        var claimed = new List<(FeedEntry, Lease)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            claimed.Add(
                (
                    Entry(reader, withStatus: false),
                    new()
                    {
                        Name = reader.GetString(9),
                        Holder = holder,
                        Version = reader.GetInt64(10),
                        Until = Instant(reader, 11),
                    }
                )
            );
        }

        return claimed;
    }

    /// <summary>Sets when the feed is due again, if the lease is still held.</summary>
    /// <exception cref="LeaseLostException">The lease is lost.</exception>
    public async Task ScheduleAsync(int feed, TimeSpan delay, Lease lease, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LeaseStore.FenceAsync(connection, lease, cancellationToken);
        await using var command = new NpgsqlCommand("UPDATE market.feeds SET next_due = clock_timestamp() + $2 WHERE id = $1", connection);
        command.Parameters.Add(new() { Value = feed });
        command.Parameters.Add(new() { Value = delay, NpgsqlDbType = NpgsqlDbType.Interval });
        await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Returns the number of feeds that are due and not leased.</summary>
    public async Task<long> CountDueAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            SELECT count(*) FROM market.feeds f LEFT JOIN market.leases l ON l.name = 'feed/' || f.id
             WHERE f.enabled AND f.next_due <= clock_timestamp() AND (l.until IS NULL OR l.until <= clock_timestamp())
            """
        );
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>
    /// Deletes rows of <c>market.data_sync_log</c> older than <paramref name="keep"/>, except the newest of each ticker and timeframe.
    /// </summary>
    public async Task<int> PruneLogAsync(TimeSpan keep, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            DELETE FROM market.data_sync_log l
             WHERE l.last_sync_at < clock_timestamp() - $1
               AND EXISTS (SELECT FROM market.data_sync_log newer
                            WHERE newer.ticker_id = l.ticker_id AND newer.timeframe = l.timeframe AND newer.last_sync_at > l.last_sync_at)
            """
        );
        command.Parameters.Add(new() { Value = keep, NpgsqlDbType = NpgsqlDbType.Interval });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static FeedEntry Entry(NpgsqlDataReader reader, bool withStatus) =>
        new(
            reader.GetInt32(0),
            Symbol.Parse(reader.GetString(1)),
            Timeframe.Parse(reader.GetString(2)),
            reader.GetString(3),
            Instant(reader, 4),
            TimeSpan.FromSeconds(reader.GetInt32(5)),
            reader.GetBoolean(6),
            reader.GetBoolean(7),
            Instant(reader, 8),
            withStatus && !reader.IsDBNull(9) ? reader.GetString(9) : null,
            withStatus && !reader.IsDBNull(10) ? Instant(reader, 10) : null,
            withStatus && !reader.IsDBNull(11) ? reader.GetString(11) : null
        );

    private static DateTimeOffset Instant(NpgsqlDataReader reader, int column) => reader.GetFieldValue<DateTimeOffset>(column);
}
