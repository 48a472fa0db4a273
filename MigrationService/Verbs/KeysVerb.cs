using System.CommandLine;
using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Wyckoff.Accounts;
using Wyckoff.Primitives;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.MigrationService.Verbs;

/// <summary><c>keys create</c>, <c>keys list</c> and <c>keys revoke</c>: API keys of all accounts.</summary>
internal static class KeysVerb
{
    private const int MaxDays = 3_650;
    private const int MaxShown = 5;

    private static readonly Option<string> Account = new("--account")
    {
        Description = "The account: its address, its id, or local.",
        HelpName = "EMAIL|ID|local",
    };
    private static readonly Option<string> Name = new("--name")
    {
        Description = "What the key is for.",
        HelpName = "NAME",
        Required = true,
    };
    private static readonly Option<string> Scope = new("--scope")
    {
        Description = "What the key may do: read, write or admin.",
        HelpName = "SCOPE",
        Required = true,
    };
    private static readonly Option<string> Expires = new("--expires")
    {
        Description = "In how many days the key expires. Default: never.",
        HelpName = "DAYS",
    };
    private static readonly Argument<string> Key = new("ID|PREFIX")
    {
        Description = "The id of the key, or its first characters, which no other key has.",
    };

    /// <param name="run">Runs the action of a command on the database.</param>
    public static Command Create(Func<Func<OwnerVerb, CancellationToken, Task>, Task<int>> run)
    {
        var owner = new Option<string>(Account.Name)
        {
            Description = Account.Description,
            HelpName = Account.HelpName,
            Required = true,
        };
        var create = new Command("create", "Make a key and print it. It cannot be shown again.") { owner, Name, Scope, Expires };
        create.SetAction(parsed =>
            run(
                (verb, token) =>
                    CreateAsync(
                        verb,
                        parsed.GetRequiredValue(owner),
                        parsed.GetRequiredValue(Name),
                        parsed.GetRequiredValue(Scope),
                        parsed.GetValue(Expires),
                        token
                    )
            )
        );
        var list = new Command("list", "List keys.") { Account };
        list.SetAction(parsed => run((verb, token) => ListAsync(verb, parsed.GetValue(Account), token)));
        var revoke = new Command("revoke", "Revoke a key. It stops working within a second.") { Key };
        revoke.SetAction(parsed => run((verb, token) => RevokeAsync(verb, parsed.GetRequiredValue(Key), token)));
        return new("keys", "Make, list and revoke API keys.") { create, list, revoke };
    }

    private static async Task CreateAsync(
        OwnerVerb verb,
        string accountText,
        string nameText,
        string scopeText,
        string? days,
        CancellationToken cancellationToken
    )
    {
        var name = OwnerVerb.Text(Name.Name, nameText, ApiKey.MaxName);
        AccessScope? scope = Enum.GetValues<AccessScope>()
            .Cast<AccessScope?>()
            .FirstOrDefault(scope => EnumText.Of(scope!.Value) == scopeText);
        if (scope is null)
        {
            throw OwnerVerb.Invalid(Scope.Name, scopeText, "read, write or admin is expected");
        }

        var lifetime =
            days is null ? (TimeSpan?)null
            : int.TryParse(days, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= MaxDays
                ? TimeSpan.FromDays(count)
            : throw OwnerVerb.Invalid(Expires.Name, days, $"a whole number of days from 1 to {MaxDays} is expected");
        var account = await verb.AccountAsync(Account.Name, accountText, cancellationToken);
        if (!account.IsActive)
        {
            throw OwnerVerb.Invalid(
                Account.Name,
                accountText,
                $"the account is deactivated, so its keys do not work; 'accounts activate {account.Email}' activates it"
            );
        }

        if (scope == AccessScope.Admin && !account.IsAdmin)
        {
            throw OwnerVerb.Invalid(
                Scope.Name,
                scopeText,
                $"the account {account.Email} is no administrator's; 'accounts admin {account.Email}' makes it one"
            );
        }

        var (id, key, expiresAt) = await verb.Scope.RunAsync(
            verb.Owner,
            async (transaction, token) =>
            {
                await using var clock = new NpgsqlCommand("SELECT now()", transaction.Connection, transaction);
                var now = new DateTimeOffset((DateTime)(await clock.ExecuteScalarAsync(token))!);
                var (apiKey, key) = ApiKey.Issue(account.Id, name, scope.Value, now, now + lifetime);
                await using var insert = new NpgsqlCommand(
                    """
                    INSERT INTO account.api_keys (account_id, name, prefix, key_hash, scope, expires_at, created_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7)
                    RETURNING id
                    """,
                    transaction.Connection,
                    transaction
                )
                {
                    Parameters =
                    {
                        new() { Value = apiKey.AccountId },
                        new() { Value = apiKey.Name },
                        new() { Value = apiKey.Prefix },
                        new() { Value = apiKey.KeyHash },
                        new() { Value = EnumText.Of(apiKey.Scope) },
                        new() { Value = (object?)apiKey.ExpiresAt ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                        new() { Value = apiKey.CreatedAt },
                    },
                };
                return ((long)(await insert.ExecuteScalarAsync(token))!, key, apiKey.ExpiresAt);
            },
            cancellationToken
        );
        await verb.Output.WriteLineAsync(key);
        var end = expiresAt is null ? "never expires" : $"expires at {OwnerVerb.Time(expiresAt)} UTC";
        await verb.Error.WriteLineAsync(
            $"keys: key {OwnerVerb.Id(id)} of {account.Email} has the scope {scopeText} and {end}. It is not shown again."
        );
    }

    private static async Task ListAsync(OwnerVerb verb, string? accountText, CancellationToken cancellationToken)
    {
        var account = accountText is null ? null : await verb.AccountAsync(Account.Name, accountText, cancellationToken);
        var console = VerbConsole.Create(verb.Output);
        var table = console.NewTable(
            new("Id"),
            new("Account"),
            new("Name"),
            new("Prefix"),
            new("Scope"),
            new("State"),
            new("Created (UTC)"),
            new("Last used (UTC)"),
            new("Expires (UTC)")
        );
        await using var command = verb.Owner.CreateCommand(
            """
            SELECT k.id, a.email, k.name, k.prefix, k.scope,
                   CASE
                     WHEN k.revoked_at IS NOT NULL THEN 'revoked'
                     WHEN k.expires_at <= now() THEN 'expired'
                     WHEN NOT a.is_active THEN 'account deactivated'
                     ELSE 'active'
                   END,
                   k.created_at, k.last_used_at, k.expires_at
              FROM account.api_keys k JOIN account.user_accounts a ON a.id = k.account_id
             WHERE $1 IS NULL OR k.account_id = $1
             ORDER BY k.id
            """
        );
        command.Parameters.Add(new() { Value = (object?)account?.Id ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            table.AddTextRow(
                OwnerVerb.Id(reader.GetInt64(0)),
                reader.GetString(1),
                reader.GetString(2),
                reader.GetString(3),
                reader.GetString(4),
                reader.GetString(5),
                OwnerVerb.Time(await reader.GetFieldValueAsync<DateTimeOffset>(6, cancellationToken)),
                OwnerVerb.Time(await reader.GetFieldValueAsync<DateTimeOffset?>(7, cancellationToken), "never"),
                OwnerVerb.Time(await reader.GetFieldValueAsync<DateTimeOffset?>(8, cancellationToken), "never")
            );
        }

        console.Write(table);
    }

    private static async Task RevokeAsync(OwnerVerb verb, string text, CancellationToken cancellationToken)
    {
        if (!OwnerVerb.IsId(text, out var id) && !text.StartsWith(ApiKey.Mark, StringComparison.Ordinal))
        {
            throw OwnerVerb.Invalid(Key.Name, text, $"the id of a key, or its first characters from '{ApiKey.Mark}' on, are expected");
        }

        await verb.Scope.RunAsync(
            verb.Owner,
            async (transaction, token) =>
            {
                var found = await FindAsync(transaction, id, text, token);
                // Whoever gives a whole key gets no further copy of it on the screen.
                var shown = ApiKey.IsForm(text) ? text[..ApiKey.PrefixLength] + "…" : text;
                if (found is not [var (key, description, revokedAt)])
                {
                    throw OwnerVerb.Invalid(
                        Key.Name,
                        shown,
                        found.Count == 0
                            ? "no key has this id or begins with this; 'keys list' lists them"
                            : $"{found.Count} keys begin with this, of which one is expected: "
                                + string.Join(", ", found.Take(MaxShown).Select(key => key.Description))
                                + (found.Count > MaxShown ? " …" : "")
                    );
                }

                if (revokedAt is not null)
                {
                    await verb.Output.WriteLineAsync($"key {description} is revoked since {OwnerVerb.Time(revokedAt)} UTC");
                    return 0;
                }

                await using var revoke = new NpgsqlCommand(
                    "UPDATE account.api_keys SET revoked_at = greatest(now(), created_at) WHERE id = $1",
                    transaction.Connection,
                    transaction
                );
                revoke.Parameters.Add(new() { Value = key });
                await revoke.ExecuteNonQueryAsync(token);
                await verb.Output.WriteLineAsync($"key {description} is revoked");
                return 0;
            },
            cancellationToken
        );
    }

    private static async Task<List<(long Id, string Description, DateTimeOffset? RevokedAt)>> FindAsync(
        NpgsqlTransaction transaction,
        long id,
        string text,
        CancellationToken cancellationToken
    )
    {
        // Locked, so that of two at the same time the second sees that the first has revoked the key.
        await using var command = new NpgsqlCommand(
            """
            SELECT k.id, k.id || ' (' || k.prefix || '…, ''' || k.name || ''' of ' || a.email || ')', k.revoked_at
              FROM account.api_keys k JOIN account.user_accounts a ON a.id = k.account_id
             WHERE k.id = $1 OR ($3 IS NULL AND starts_with(k.prefix, $2)) OR k.key_hash = $3
             ORDER BY k.id FOR UPDATE OF k
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = text });
        command.Parameters.Add(
            new()
            {
                // A text that is longer than a prefix is not stored in a form in which its beginning could be compared.
                Value = text.Length > ApiKey.PrefixLength ? ApiKey.HashOf(text) : DBNull.Value,
                NpgsqlDbType = NpgsqlDbType.Bytea,
            }
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<(long, string, DateTimeOffset?)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add((reader.GetInt64(0), reader.GetString(1), await reader.GetFieldValueAsync<DateTimeOffset?>(2, cancellationToken)));
        }

        return found;
    }
}
