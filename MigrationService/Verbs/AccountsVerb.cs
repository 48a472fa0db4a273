using System.CommandLine;
using Spectre.Console;
using Wyckoff.Accounts;
using Wyckoff.Primitives;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.MigrationService.Verbs;

/// <summary><c>accounts list</c>, <c>create</c>, <c>deactivate</c>, <c>activate</c> and <c>admin</c>.</summary>
internal static class AccountsVerb
{
    private static readonly Option<string> Search = new("--search")
    {
        Description = "Only accounts with this in the address or the name.",
        HelpName = "TEXT",
    };
    private static readonly Option<string> Email = new("--email")
    {
        Description = "The address to sign in with.",
        HelpName = "EMAIL",
        Required = true,
    };
    private static readonly Option<string> Name = new("--name")
    {
        Description = "The name to show.",
        HelpName = "NAME",
        Required = true,
    };
    private static readonly Option<bool> Admin = new("--admin") { Description = "Make it an administrator's." };
    private static readonly Option<bool> Off = new("--off") { Description = "Make it no administrator's any more." };
    private static readonly Argument<string> Account = new("EMAIL|ID") { Description = "The account: its address, its id, or local." };

    /// <param name="run">Runs the action of a command on the database.</param>
    public static Command Create(Func<Func<OwnerVerb, CancellationToken, Task>, Task<int>> run)
    {
        var list = new Command("list", "List accounts.") { Search };
        list.SetAction(parsed => run((verb, token) => ListAsync(verb, parsed.GetValue(Search), token)));
        var create = new Command("create", "Make an account, to which the first sign-in with its address leads.") { Email, Name, Admin };
        create.SetAction(parsed =>
            run(
                (verb, token) =>
                    CreateAsync(verb, parsed.GetRequiredValue(Email), parsed.GetRequiredValue(Name), parsed.GetValue(Admin), token)
            )
        );
        var deactivate = Change("deactivate", "End an account's sessions, and let its keys rest.", _ => (false, null));
        var activate = Change("activate", "Activate a deactivated account.", _ => (true, null));
        var admin = Change("admin", "Make an account an administrator's.", parsed => (null, !parsed.GetValue(Off)));
        admin.Add(Off);
        return new("accounts", "List, make and change accounts.") { list, create, deactivate, activate, admin };

        Command Change(string name, string description, Func<ParseResult, (bool? IsActive, bool? IsAdmin)> change)
        {
            var command = new Command(name, description) { Account };
            command.SetAction(parsed => run((verb, token) => ChangeAsync(verb, parsed.GetRequiredValue(Account), change(parsed), token)));
            return command;
        }
    }

    private static async Task ListAsync(OwnerVerb verb, string? search, CancellationToken cancellationToken)
    {
        var console = VerbConsole.Create(verb.Output);
        var table = console.NewTable(
            new("Id"),
            new("Address"),
            new("Name"),
            new("Signs in"),
            new("State"),
            new("Admin"),
            new TableColumn("Keys").RightAligned(),
            new("Last used (UTC)"),
            new("Created (UTC)")
        );
        foreach (var account in await verb.Administration.ListAsync(verb.Scope, search, null, null, int.MaxValue, cancellationToken))
        {
            table.AddTextRow(
                OwnerVerb.Id(account.Id),
                account.Email,
                account.Name,
                account.IsInvited ? "not yet" : EnumText.Of(account.Provider),
                account.IsActive ? "active" : "deactivated",
                account.IsAdmin ? "yes" : "",
                OwnerVerb.Id(account.ActiveKeys),
                OwnerVerb.Time(account.LastUsedAt, "never"),
                OwnerVerb.Time(account.CreatedAt)
            );
        }

        console.Write(table);
    }

    private static async Task CreateAsync(
        OwnerVerb verb,
        string emailText,
        string nameText,
        bool isAdmin,
        CancellationToken cancellationToken
    )
    {
        if (UserAccount.FindEmail(emailText) is not { } email)
        {
            throw OwnerVerb.Invalid(Email.Name, emailText, "an address such as ann@example.org is expected");
        }

        var name = OwnerVerb.Text(Name.Name, nameText);
        var (account, isNew) = await verb.Administration.InviteAsync(verb.Scope, email, name, isAdmin, cancellationToken);
        if (!isNew)
        {
            throw OwnerVerb.Invalid(
                Email.Name,
                emailText,
                $"the account {OwnerVerb.Id(account.Id)} has this address; one without an account is expected"
            );
        }

        await WriteAsync(verb, account);
    }

    private static async Task ChangeAsync(
        OwnerVerb verb,
        string text,
        (bool? IsActive, bool? IsAdmin) change,
        CancellationToken cancellationToken
    )
    {
        var account = await verb.AccountAsync(Account.Name, text, cancellationToken);
        var (changed, refusal) = await verb.Administration.ChangeAsync(
            verb.Scope,
            account.Id,
            change.IsActive,
            change.IsAdmin,
            null,
            cancellationToken
        );
        await WriteAsync(
            verb,
            refusal switch
            {
                AccountRefusal.LastAdministrator => throw OwnerVerb.Invalid(
                    Account.Name,
                    text,
                    "no other active administrator could get in; give one a key with the scope admin first ('keys create')"
                ),
                null when changed is not null => changed,
                _ => throw OwnerVerb.Invalid(Account.Name, text, "the account was deleted meanwhile"),
            }
        );
    }

    private static Task WriteAsync(OwnerVerb verb, AccountSummary account) =>
        verb.Output.WriteLineAsync(
            $"account {OwnerVerb.Id(account.Id)} of {account.Email} is {(account.IsActive ? "active" : "deactivated")}"
                + (account.IsAdmin ? " and an administrator's" : "")
        );
}
