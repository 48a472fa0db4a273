using Npgsql;
using NpgsqlTypes;
using Wyckoff.Postgres;
using Wyckoff.Primitives;

namespace Wyckoff.Accounts;

/// <summary>
/// Identifies callers before an account is known: sign-in, API keys and the waitlist. The SQL functions are SECURITY DEFINER, so they
/// bypass row-level security.
/// </summary>
public sealed class AccountDirectory(NpgsqlDataSource source, Database database)
{
    /// <summary>
    /// Returns the account of an identity that a provider has verified. The first sign-in links the account that was made for the address,
    /// or creates an account unless only invited people may sign in.
    /// </summary>
    public async Task<SignInResult> SignInAsync(SignedIn identity, bool invitedOnly, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("SELECT account_id, refusal FROM account.sign_in($1, $2, $3, $4, $5, $6)");
        command.Parameters.Add(new() { Value = EnumText.Of(identity.Provider) });
        command.Parameters.Add(new() { Value = identity.Subject });
        command.Parameters.Add(new() { Value = identity.Email });
        command.Parameters.Add(new() { Value = identity.Name });
        command.Parameters.Add(Text(identity.PictureUrl));
        command.Parameters.Add(new() { Value = invitedOnly });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return await reader.IsDBNullAsync(0, cancellationToken)
            ? new(null, EnumText.Parse<SignInRefusal>(reader.GetString(1)))
            : new(reader.GetInt64(0), null);
    }

    /// <summary>
    /// Returns who calls with each of some keys and session tokens, given by their hashes; null for one that is unknown, expired or
    /// revoked, or whose account is deactivated.
    /// </summary>
    /// <remarks>
    /// Without the primary a standby answers. Nothing can be revoked then, so its answer is as good but for what it has not replayed yet. A
    /// primary that is busy counts as there.
    /// </remarks>
    public async Task<Caller?[]> AuthenticateAsync(IReadOnlyList<byte[]> hashes, CancellationToken cancellationToken)
    {
        try
        {
            return await database.ReadAsync(FindAsync, cancellationToken);
        }
        catch (Exception e) when (database.HasStandbys && DatabaseFaults.IsAway(e) && !IsBusy(e))
        {
            return await database.OpenOnStandbyAsync(
                async (connection, token) =>
                {
                    await using (connection)
                    {
                        return await FindAsync(connection, token);
                    }
                },
                cancellationToken
            );
        }

        async Task<Caller?[]> FindAsync(NpgsqlConnection connection, CancellationToken token)
        {
            await using var command = new NpgsqlCommand(
                """
                SELECT n - 1, account_id, key_id, session_id, scope, is_admin, expires_at, last_used_at
                  FROM unnest($1) WITH ORDINALITY AS given (hash, n) CROSS JOIN LATERAL account.authenticate(hash)
                """,
                connection
            );
            command.Parameters.Add(new() { Value = hashes });
            var callers = new Caller?[hashes.Count];
            await using var reader = await command.ExecuteReaderAsync(token);
            while (await reader.ReadAsync(token))
            {
                callers[reader.GetInt64(0)] = new(
                    reader.GetInt64(1),
                    EnumText.Parse<AccessScope>(reader.GetString(4)),
                    reader.GetBoolean(5)
                )
                {
                    KeyId = await reader.GetFieldValueAsync<long?>(2, token),
                    SessionId = await reader.GetFieldValueAsync<long?>(3, token),
                    ExpiresAt = await reader.GetFieldValueAsync<DateTimeOffset?>(6, token),
                    LastUsedAt = await reader.GetFieldValueAsync<DateTimeOffset?>(7, token),
                };
            }

            return callers;
        }
    }

    /// <summary>Records that keys and sessions were used, to the minute.</summary>
    public async Task RecordUseAsync(IReadOnlyList<byte[]> hashes, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("SELECT account.record_use($1)");
        command.Parameters.Add(new() { Value = hashes });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The local account, for which requests act that need no sign-in; null if MigrationService has not made it.</summary>
    public Task<long?> LocalAccountAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand("SELECT account.local_account()", connection);
                return await command.ExecuteScalarAsync(token) as long?;
            },
            cancellationToken
        );

    /// <summary>Adds an e-mail address to the waitlist once. The caller does not learn whether it was already on it.</summary>
    public Task JoinWaitlistAsync(
        string name,
        string email,
        string? referralSource,
        Guid? correlationId,
        CancellationToken cancellationToken
    ) =>
        new AccountScope(null, null, correlationId).RunAsync(
            source,
            async (transaction, token) =>
            {
                await using var command = new NpgsqlCommand(
                    "SELECT account.join_waitlist($1, $2, $3)",
                    transaction.Connection,
                    transaction
                );
                command.Parameters.Add(new() { Value = name });
                command.Parameters.Add(new() { Value = email });
                command.Parameters.Add(Text(referralSource));
                return await command.ExecuteNonQueryAsync(token);
            },
            cancellationToken
        );

    /// <summary>Whether the primary may be there and only has too much to do: then keys can be revoked on it.</summary>
    private static bool IsBusy(Exception exception) =>
        exception is TimeoutException or PostgresException { SqlState: PostgresErrorCodes.TooManyConnections }
        || (exception.InnerException is { } inner && IsBusy(inner));

    private static NpgsqlParameter Text(string? value) =>
        new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}

/// <summary>An identity that a sign-in provider has verified.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Subject">The id that the provider never gives to somebody else.</param>
/// <param name="Email">The address, which the provider has verified.</param>
/// <param name="Name">The name to show.</param>
/// <param name="PictureUrl">A picture of the person.</param>
public sealed record SignedIn(AuthProvider Provider, string Subject, string Email, string Name, string? PictureUrl = null);

/// <summary>The account of a sign-in, or the reason why there is none.</summary>
public sealed record SignInResult(long? AccountId, SignInRefusal? Refusal);

/// <summary>Why a sign-in is refused.</summary>
public enum SignInRefusal
{
    /// <summary>Nobody has made an account for this address yet.</summary>
    NotInvited,

    /// <summary>The account is deactivated.</summary>
    Deactivated,

    /// <summary>Another identity has an account with this address.</summary>
    AddressTaken,
}
