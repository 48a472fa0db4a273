using System.Globalization;
using Npgsql;
using Wyckoff.Accounts;
using Wyckoff.Postgres;

namespace Wyckoff.MigrationService.Verbs;

/// <summary>
/// What the verbs for access share: they work on the database as its owner, for operators without a key or a page. The audit trail names
/// the user of the operating system.
/// </summary>
internal sealed class OwnerVerb(NpgsqlDataSource owner, TextWriter output, TextWriter error)
{
    /// <summary>The word for the local account where an account is named.</summary>
    private const string Local = "local";

    public TextWriter Output { get; } = output;

    /// <summary>Receives hints, so that the output can be used by scripts.</summary>
    public TextWriter Error { get; } = error;

    public NpgsqlDataSource Owner { get; } = owner;

    public AccountAdministration Administration { get; } = new(owner);

    public AccountScope Scope { get; } = new(null, $"verb:{Environment.UserName}", Guid.CreateVersion7());

    /// <summary>Runs a verb. Refuses a database that does not have the schema of this build.</summary>
    public static async Task RunAsync(
        DatabaseAdmin database,
        TextWriter output,
        TextWriter error,
        Func<OwnerVerb, CancellationToken, Task> verb,
        CancellationToken cancellationToken
    )
    {
        await using (var admin = await database.ConnectAsync(createDatabase: false, cancellationToken))
        {
            database.RequireDatabase(admin);
            var applied = await SchemaVersion.AppliedAsync(admin, cancellationToken);
            if (
                applied is not [.., SchemaVersion.Required]
                || await SchemaVersion.ObjectsHashAsync(admin, cancellationToken) != SchemaObject.HashOfAll
            )
            {
                throw new RefusalException(
                    $"Database '{database.DatabaseName}' does not have the schema of this build: ./wyckoff.sh status shows the difference, "
                        + "and ./wyckoff.sh migrate brings an older one forward."
                );
            }
        }

        await using var owner = database.OwnerDataSource();
        await verb(new(owner, output, error), cancellationToken);
    }

    /// <summary>Finds the account that an argument names: by its id, its address in any case, or the word local.</summary>
    public async Task<AccountSummary> AccountAsync(string argument, string text, CancellationToken cancellationToken)
    {
        if (!IsId(text, out var id) && text != Local && UserAccount.FindEmail(text) is null)
        {
            throw Invalid(argument, text, "an address, the id of an account, or 'local' is expected");
        }

        await using var command = Owner.CreateCommand(
            "SELECT id FROM account.user_accounts WHERE id = $1 OR email = $2 OR external_user_id = 'local' AND $3"
        );
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = text.ToLowerInvariant() });
        command.Parameters.Add(new() { Value = text == Local });
        return await command.ExecuteScalarAsync(cancellationToken) is long found
            ? (await Administration.FindAsync(Scope, found, cancellationToken))!
            : throw Invalid(argument, text, "no account has this id or address; 'accounts list' lists them");
    }

    /// <summary>The error of an argument: its name, its value, and what is expected.</summary>
    public static RefusalException Invalid(string argument, string? value, string expected) =>
        new($"{argument}: '{Printable(value ?? "")}': {expected}.");

    public static bool IsId(string text, out long id) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id);

    /// <summary>The text of an argument without surrounding spaces; an error if it is empty, too long or has control characters.</summary>
    public static string Text(string argument, string value, int maxLength = UserAccount.MaxText)
    {
        var text = value.Trim();
        return text.Length > 0 && text.EnumerateRunes().Count() <= maxLength && !text.Any(char.IsControl)
            ? text
            : throw Invalid(argument, value, $"1 to {maxLength} characters without control characters are expected");
    }

    public static string Time(DateTimeOffset? time, string none = "") =>
        time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? none;

    public static string Id(long id) => id.ToString(CultureInfo.InvariantCulture);

    // A terminal would obey control characters.
    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '\ufffd' : c));
}
