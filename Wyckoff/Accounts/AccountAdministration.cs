using Npgsql;
using NpgsqlTypes;
using Wyckoff.Primitives;

namespace Wyckoff.Accounts;

/// <summary>
/// Reads and changes accounts and the waitlist for administrators. The SQL functions refuse a scope that is not that of an active
/// administrator's account. The verbs use a data source that acts as the owner of the schema instead.
/// </summary>
public sealed class AccountAdministration(NpgsqlDataSource source)
{
    private const string Account =
        "id, email, name, auth_provider, is_invited, is_active, is_admin, active_keys, last_used_at, created_at, updated_at, revision";

    private const string Entry = "id, email, name, status, referral_source, notes, created_at, updated_at, account_id";

    /// <summary>Returns up to <paramref name="limit"/> accounts ordered by id, starting after <paramref name="after"/>.</summary>
    public Task<List<AccountSummary>> ListAsync(
        AccountScope scope,
        string? search,
        bool? isActive,
        long? after,
        int limit,
        CancellationToken cancellationToken
    ) =>
        scope.RunAsync(
            source,
            (transaction, token) => AccountsAsync(transaction, null, search, isActive, after, limit, token),
            cancellationToken
        );

    public Task<AccountSummary?> FindAsync(AccountScope scope, long id, CancellationToken cancellationToken) =>
        scope.RunAsync(source, (transaction, token) => FindAsync(transaction, id, token), cancellationToken);

    /// <summary>Sets whether an account is active and whether it is an administrator's; null leaves it.</summary>
    /// <param name="scope">Who changes the account.</param>
    /// <param name="id">The account.</param>
    /// <param name="isActive">A deactivated account's sessions end, and its keys rest.</param>
    /// <param name="isAdmin">Whether the account may administer.</param>
    /// <param name="revisions">The change is made only to one of these revisions; null: to any.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The account as it is now, null if there is none; and why it was not changed.</returns>
    public Task<(AccountSummary? Account, AccountRefusal? Refusal)> ChangeAsync(
        AccountScope scope,
        long id,
        bool? isActive,
        bool? isAdmin,
        string[]? revisions,
        CancellationToken cancellationToken
    ) =>
        scope.RunAsync(
            source,
            async (transaction, token) =>
            {
                await using var command = Command(transaction, "SELECT account.change_account($1, $2, $3, $4)");
                command.Parameters.Add(new() { Value = id });
                command.Parameters.Add(Value(isActive, NpgsqlDbType.Boolean));
                command.Parameters.Add(Value(isAdmin, NpgsqlDbType.Boolean));
                command.Parameters.Add(Value(revisions, NpgsqlDbType.Array | NpgsqlDbType.Text));
                var refusal = await RefusalAsync<AccountRefusal>(command, token);
                return (await FindAsync(transaction, id, token), refusal);
            },
            cancellationToken
        );

    /// <summary>
    /// Makes an account for somebody who has not signed in yet. If the address has an account already, returns that unchanged.
    /// </summary>
    public Task<(AccountSummary Account, bool IsNew)> InviteAsync(
        AccountScope scope,
        string email,
        string name,
        bool isAdmin,
        CancellationToken cancellationToken
    ) =>
        scope.RunAsync(
            source,
            async (transaction, token) =>
            {
                await using var command = Command(transaction, "SELECT account_id, is_new FROM account.invite_account($1, $2, $3)");
                command.Parameters.Add(new() { Value = email });
                command.Parameters.Add(new() { Value = name });
                command.Parameters.Add(new() { Value = isAdmin });
                await using var reader = await command.ExecuteReaderAsync(token);
                await reader.ReadAsync(token);
                var (id, isNew) = (reader.GetInt64(0), reader.GetBoolean(1));
                await reader.CloseAsync();
                return ((await FindAsync(transaction, id, token))!, isNew);
            },
            cancellationToken
        );

    /// <summary>Returns up to <paramref name="limit"/> entries of the waitlist, oldest first, starting after an id.</summary>
    public Task<List<WaitlistRequest>> WaitlistAsync(
        AccountScope scope,
        WaitlistStatus? status,
        long? after,
        int limit,
        CancellationToken cancellationToken
    ) => scope.RunAsync(source, (transaction, token) => EntriesAsync(transaction, null, status, after, limit, token), cancellationToken);

    /// <summary>Approves or rejects a request for access. Approval makes the account, unless the address has one.</summary>
    /// <returns>The entry as it is now, null if there is none; and why it was not changed.</returns>
    public Task<(WaitlistRequest? Entry, WaitlistRefusal? Refusal)> DecideAsync(
        AccountScope scope,
        long id,
        WaitlistStatus decision,
        string? notes,
        CancellationToken cancellationToken
    ) =>
        scope.RunAsync(
            source,
            async (transaction, token) =>
            {
                await using var command = Command(transaction, "SELECT account.decide_waitlist($1, $2, $3)");
                command.Parameters.Add(new() { Value = id });
                command.Parameters.Add(new() { Value = EnumText.Of(decision) });
                command.Parameters.Add(Value(notes, NpgsqlDbType.Text));
                var refusal = await RefusalAsync<WaitlistRefusal>(command, token);
                return ((await EntriesAsync(transaction, id, null, null, 1, token)).FirstOrDefault(), refusal);
            },
            cancellationToken
        );

    private static async Task<AccountSummary?> FindAsync(NpgsqlTransaction transaction, long id, CancellationToken cancellationToken) =>
        (await AccountsAsync(transaction, id, null, null, null, 1, cancellationToken)).FirstOrDefault();

    private static async Task<List<AccountSummary>> AccountsAsync(
        NpgsqlTransaction transaction,
        long? id,
        string? search,
        bool? isActive,
        long? after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var command = Command(transaction, $"SELECT {Account} FROM account.find_accounts($1, $2, $3, $4, $5)");
        command.Parameters.Add(Value(id, NpgsqlDbType.Bigint));
        command.Parameters.Add(Value(search, NpgsqlDbType.Text));
        command.Parameters.Add(Value(isActive, NpgsqlDbType.Boolean));
        command.Parameters.Add(Value(after, NpgsqlDbType.Bigint));
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var accounts = new List<AccountSummary>();
        while (await reader.ReadAsync(cancellationToken))
        {
            accounts.Add(
                new(
                    reader.GetInt64(0),
                    reader.GetString(1),
                    reader.GetString(2),
                    EnumText.Parse<AuthProvider>(reader.GetString(3)),
                    reader.GetBoolean(4),
                    reader.GetBoolean(5),
                    reader.GetBoolean(6),
                    reader.GetInt32(7),
                    await reader.GetFieldValueAsync<DateTimeOffset?>(8, cancellationToken),
                    await reader.GetFieldValueAsync<DateTimeOffset>(9, cancellationToken),
                    await reader.GetFieldValueAsync<DateTimeOffset>(10, cancellationToken),
                    reader.GetString(11)
                )
            );
        }

        return accounts;
    }

    private static async Task<List<WaitlistRequest>> EntriesAsync(
        NpgsqlTransaction transaction,
        long? id,
        WaitlistStatus? status,
        long? after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var command = Command(transaction, $"SELECT {Entry} FROM account.find_waitlist($1, $2, $3, $4)");
        command.Parameters.Add(Value(id, NpgsqlDbType.Bigint));
        command.Parameters.Add(Value(status is { } wanted ? EnumText.Of(wanted) : null, NpgsqlDbType.Text));
        command.Parameters.Add(Value(after, NpgsqlDbType.Bigint));
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var entries = new List<WaitlistRequest>();
        while (await reader.ReadAsync(cancellationToken))
        {
            entries.Add(
                new(
                    reader.GetInt64(0),
                    reader.GetString(1),
                    reader.GetString(2),
                    EnumText.Parse<WaitlistStatus>(reader.GetString(3)),
                    TextOrNull(reader, 4),
                    TextOrNull(reader, 5),
                    await reader.GetFieldValueAsync<DateTimeOffset>(6, cancellationToken),
                    await reader.GetFieldValueAsync<DateTimeOffset>(7, cancellationToken),
                    await reader.GetFieldValueAsync<long?>(8, cancellationToken)
                )
            );
        }

        return entries;
    }

    private static async Task<T?> RefusalAsync<T>(NpgsqlCommand command, CancellationToken cancellationToken)
        where T : struct, Enum => await command.ExecuteScalarAsync(cancellationToken) is string refusal ? EnumText.Parse<T>(refusal) : null;

    private static string? TextOrNull(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static NpgsqlCommand Command(NpgsqlTransaction transaction, string sql) => new(sql, transaction.Connection, transaction);

    private static NpgsqlParameter Value(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}

/// <summary>What an administrator sees of an account.</summary>
/// <param name="Id">The account.</param>
/// <param name="Email">Its address, in lower case.</param>
/// <param name="Name">The name to show.</param>
/// <param name="Provider">Where its owner signs in.</param>
/// <param name="IsInvited">Whether nobody has signed in to it yet.</param>
/// <param name="IsActive">Whether it can be used.</param>
/// <param name="IsAdmin">Whether it may change market data and administer.</param>
/// <param name="ActiveKeys">How many of its keys are neither revoked nor expired.</param>
/// <param name="LastUsedAt">When one of its keys or sessions was last used, to the minute.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
/// <param name="Revision">Changes with each change of the account.</param>
public sealed record AccountSummary(
    long Id,
    string Email,
    string Name,
    AuthProvider Provider,
    bool IsInvited,
    bool IsActive,
    bool IsAdmin,
    int ActiveKeys,
    DateTimeOffset? LastUsedAt,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    string Revision
);

/// <summary>What an administrator sees of a request for access, with the account that has its address.</summary>
public sealed record WaitlistRequest(
    long Id,
    string Email,
    string Name,
    WaitlistStatus Status,
    string? ReferralSource,
    string? Notes,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    long? AccountId
);

/// <summary>Why an account is not changed.</summary>
public enum AccountRefusal
{
    Unknown,
    ChangedMeanwhile,

    /// <summary>No other active administrator could get in.</summary>
    LastAdministrator,
}

/// <summary>Why a request for access is not decided.</summary>
public enum WaitlistRefusal
{
    Unknown,

    /// <summary>It was approved, so there is an account.</summary>
    ApprovedAlready,
}
