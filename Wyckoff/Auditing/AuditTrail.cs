using Npgsql;
using NpgsqlTypes;
using Wyckoff.Accounts;

namespace Wyckoff.Auditing;

/// <summary>Reads the audit trail of all accounts for administrators.</summary>
public sealed class AuditTrail(NpgsqlDataSource source)
{
    /// <summary>
    /// Returns up to <paramref name="limit"/> entries, newest first, that come after the entry <paramref name="before"/>.
    /// </summary>
    public Task<List<AuditEntry>> FindAsync(
        AccountScope scope,
        AuditFilter filter,
        Guid? before,
        int limit,
        CancellationToken cancellationToken
    ) =>
        scope.RunAsync(
            source,
            async (transaction, token) =>
            {
                await using var command = new NpgsqlCommand(
                    """
                    SELECT id, event_type, entity_type, entity_id, account_id, "timestamp", actor, action, metadata,
                           correlation_id, created_at
                      FROM audit.find_entries($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                    """,
                    transaction.Connection,
                    transaction
                )
                {
                    Parameters =
                    {
                        Value(filter.Actor, NpgsqlDbType.Text),
                        Value(filter.EntityType, NpgsqlDbType.Text),
                        Value(filter.EntityId, NpgsqlDbType.Text),
                        Value(filter.AccountId, NpgsqlDbType.Bigint),
                        Value(filter.EventType, NpgsqlDbType.Text),
                        Value(filter.From, NpgsqlDbType.TimestampTz),
                        Value(filter.To, NpgsqlDbType.TimestampTz),
                        Value(filter.CorrelationId, NpgsqlDbType.Uuid),
                        Value(before, NpgsqlDbType.Uuid),
                        new() { Value = limit },
                    },
                };
                await using var reader = await command.ExecuteReaderAsync(token);
                var entries = new List<AuditEntry>();
                while (await reader.ReadAsync(token))
                {
                    entries.Add(
                        new()
                        {
                            Id = reader.GetGuid(0),
                            EventType = reader.GetString(1),
                            EntityType = reader.GetString(2),
                            EntityId = reader.GetString(3),
                            AccountId = await reader.GetFieldValueAsync<long?>(4, token),
                            Timestamp = await reader.GetFieldValueAsync<DateTimeOffset>(5, token),
                            Actor = reader.GetString(6),
                            Action = reader.GetString(7),
                            Metadata = await reader.IsDBNullAsync(8, token) ? null : reader.GetString(8),
                            CorrelationId = reader.GetGuid(9),
                            CreatedAt = await reader.GetFieldValueAsync<DateTimeOffset>(10, token),
                        }
                    );
                }

                return entries;
            },
            cancellationToken
        );

    private static NpgsqlParameter Value(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}

/// <summary>Which entries of the audit trail to find; null: any.</summary>
/// <param name="Actor">Who made the change. <c>account:7</c> includes its keys and sessions.</param>
/// <param name="EntityType">What was changed, such as <c>api_key</c>.</param>
/// <param name="EntityId">The id of the changed row.</param>
/// <param name="AccountId">The account that the changed row belongs to.</param>
/// <param name="EventType">The entity type and what happened to it, such as <c>api_key.updated</c>.</param>
/// <param name="From">Start of the time range.</param>
/// <param name="To">End of the time range, exclusive.</param>
/// <param name="CorrelationId">The id of the request that made the change.</param>
public sealed record AuditFilter(
    string? Actor = null,
    string? EntityType = null,
    string? EntityId = null,
    long? AccountId = null,
    string? EventType = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    Guid? CorrelationId = null
);
