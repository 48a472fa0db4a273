using Npgsql;
using NpgsqlTypes;

namespace Wyckoff.Accounts;

/// <summary>The doors for callers who have no account yet: they give an account's id to whoever proves to be it, through functions that look past row-level security.</summary>
public sealed class AccountDirectory(NpgsqlDataSource source)
{
    /// <summary>The account of a Google id that Google has vouched for, made at the first sign-in; null when it is deactivated.</summary>
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

    /// <summary>The account of an API key; null when it is unknown, revoked or expired, or its account deactivated.</summary>
    public async Task<long?> AuthenticateAsync(string key, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("SELECT account.authenticate($1)");
        command.Parameters.Add(new() { Value = ApiKey.HashOf(key) });
        return await command.ExecuteScalarAsync(cancellationToken) as long?;
    }

    /// <summary>Puts an address on the waitlist, once. Does not tell whether it was there.</summary>
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
