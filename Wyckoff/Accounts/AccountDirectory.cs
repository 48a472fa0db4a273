using Npgsql;
using NpgsqlTypes;

namespace Wyckoff.Accounts;

/// <summary>
/// Identifies callers before an account is known: sign-in, API keys and the waitlist. The SQL functions are SECURITY DEFINER, so they
/// bypass row-level security.
/// </summary>
public sealed class AccountDirectory(NpgsqlDataSource source)
{
    /// <summary>
    /// Returns the account of a verified Google id and creates it at the first sign-in. Returns null if the account is deactivated.
    /// </summary>
    public async Task<long?> SignInAsync(
        string googleId,
        string email,
        string name,
        string? profilePictureUrl,
        CancellationToken cancellationToken
    )
    {
        await using var command = source.CreateCommand("SELECT account.sign_in($1, $2, $3, $4)");
        command.Parameters.Add(new() { Value = googleId });
        command.Parameters.Add(new() { Value = email });
        command.Parameters.Add(new() { Value = name });
        command.Parameters.Add(Text(profilePictureUrl));
        return await command.ExecuteScalarAsync(cancellationToken) as long?;
    }

    /// <summary>
    /// Returns the account of an API key; null if the key is unknown, revoked or expired, or if its account is deactivated.
    /// </summary>
    public async Task<long?> AuthenticateAsync(string key, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("SELECT account.authenticate($1)");
        command.Parameters.Add(new() { Value = ApiKey.HashOf(key) });
        return await command.ExecuteScalarAsync(cancellationToken) as long?;
    }

    /// <summary>Adds an e-mail address to the waitlist once. The caller does not learn whether it was already on it.</summary>
    public async Task JoinWaitlistAsync(string name, string email, string? referralSource, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("SELECT account.join_waitlist($1, $2, $3)");
        command.Parameters.Add(new() { Value = name });
        command.Parameters.Add(new() { Value = email });
        command.Parameters.Add(Text(referralSource));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlParameter Text(string? value) =>
        new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
