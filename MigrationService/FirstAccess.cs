using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Accounts;
using Wyckoff.Primitives;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.MigrationService;

/// <summary>
/// Makes the local account, which belongs to whoever runs this installation, and where requests need keys its first admin key. Without it
/// nobody could make another one.
/// </summary>
internal sealed class FirstAccess(IOptions<MigrationOptions> options, TimeProvider time, ILogger<FirstAccess> logger)
{
    private const string KeyName = "first admin key";

    /// <param name="owner">A connection that acts as the owner of the schema.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task EnsureAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        var account = await LocalAccountAsync(owner, cancellationToken);
        if (options.Value.Access == AccessModes.Local)
        {
            return;
        }

        if (options.Value.AdminKeyHash is { Length: > 0 } hash)
        {
            // Only once, so that a key that was revoked stays so.
            await AddKeyAsync(owner, account, Convert.FromHexString(hash), ApiKey.Mark + hash[..8], cancellationToken);
        }
        else if (!await HasAdminKeyAsync(owner, cancellationToken))
        {
            await WriteKeyAsync(owner, account, cancellationToken);
        }
    }

    /// <summary>
    /// The file in <c>Wyckoff:AdminKeyFile</c> if it holds a key of this database: it goes when the database is dropped.
    /// </summary>
    public async Task<string?> FindFileAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        if (options.Value.AdminKeyFile is not { Length: > 0 } file || !File.Exists(file))
        {
            return null;
        }

        try
        {
            await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT FROM account.api_keys WHERE key_hash = $1)", owner);
            command.Parameters.Add(new() { Value = ApiKey.HashOf((await File.ReadAllTextAsync(file, cancellationToken)).Trim()) });
            return await command.ExecuteScalarAsync(cancellationToken) is true ? file : null;
        }
        catch (PostgresException)
        {
            return null; // The schema is not there yet, or is an older one.
        }
    }

    private static async Task<long> LocalAccountAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO account.user_accounts (external_user_id, name, email, auth_provider, is_admin)
            SELECT 'local', 'Local', 'local@localhost', 'local', true
             WHERE NOT EXISTS (SELECT FROM account.user_accounts WHERE external_user_id = 'local');
            INSERT INTO account.user_profiles (user_account_id)
            SELECT id FROM account.user_accounts WHERE external_user_id = 'local'
            ON CONFLICT DO NOTHING;
            SELECT id FROM account.user_accounts WHERE external_user_id = 'local'
            """,
            owner
        );
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Whether there is, or was, a key of the scope admin. Who revokes the last one makes another with the verb keys.</summary>
    private static async Task<bool> HasAdminKeyAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT FROM account.api_keys WHERE scope = 'admin')", owner);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private async Task WriteKeyAsync(NpgsqlConnection owner, long account, CancellationToken cancellationToken)
    {
        var (apiKey, key) = ApiKey.Issue(account, KeyName, AccessScope.Admin, time.GetUtcNow());
        // The file comes first: a key in the database that nobody has seen would keep this from making another.
        var path = Write(key);
        try
        {
            await AddKeyAsync(owner, account, apiKey.KeyHash, apiKey.Prefix, cancellationToken);
        }
        catch
        {
            File.Delete(path);
            throw;
        }

        logger.FirstKeyWritten(path);
    }

    private static async Task AddKeyAsync(
        NpgsqlConnection owner,
        long account,
        byte[] hash,
        string prefix,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO account.api_keys (account_id, name, prefix, key_hash, scope) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (key_hash) DO NOTHING
            """,
            owner
        );
        command.Parameters.Add(new() { Value = account });
        command.Parameters.Add(new() { Value = KeyName });
        command.Parameters.Add(new() { Value = prefix });
        command.Parameters.Add(new() { Value = hash });
        command.Parameters.Add(new() { Value = EnumText.Of(AccessScope.Admin) });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Writes the key to a new file. The file of another database is never replaced.</summary>
    private string Write(string key)
    {
        var wanted = Path.GetFullPath(
            options.Value.AdminKeyFile is { Length: > 0 } given ? given : SecretsOptions.InUserFolder("admin.key")
        );
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(wanted)!);
            for (var attempt = 1; ; attempt++)
            {
                var path =
                    attempt == 1
                        ? wanted
                        : Path.ChangeExtension(wanted, attempt.ToString(CultureInfo.InvariantCulture) + Path.GetExtension(wanted));
                try
                {
                    using var writer = new StreamWriter(path, OwnerOnly());
                    writer.WriteLine(key);
                    return path;
                }
                catch (IOException) when (File.Exists(path) && attempt < 100)
                {
                    // Try the next name.
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RefusalException(
                $"The first admin key cannot be written to {wanted}: {e.Message} "
                    + "Name another file in Wyckoff:AdminKeyFile, or the SHA-256 of a key of your own in Wyckoff:AdminKeyHash.",
                e
            );
        }
    }

    private static FileStreamOptions OwnerOnly()
    {
        var file = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        // Windows has no file modes; the user's profile folder is private there.
        if (!OperatingSystem.IsWindows())
        {
            file.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return file;
    }
}
