using System.CommandLine;
using Wyckoff.Accounts;
using Wyckoff.Primitives;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.MigrationService.Verbs;

/// <summary><c>waitlist list</c>, <c>approve</c> and <c>reject</c>: requests for access.</summary>
internal static class WaitlistVerb
{
    private static readonly Option<string> Status = new("--status")
    {
        Description = "Only requests with this status: waiting, approved or rejected.",
        HelpName = "STATUS",
    };
    private static readonly Option<string> Notes = new("--notes") { Description = "Notes for administrators.", HelpName = "TEXT" };
    private static readonly Argument<string> Request = new("EMAIL|ID") { Description = "The request: its address or its id." };

    /// <param name="run">Runs the action of a command on the database.</param>
    public static Command Create(Func<Func<OwnerVerb, CancellationToken, Task>, Task<int>> run)
    {
        var list = new Command("list", "List requests for access, oldest first.") { Status };
        list.SetAction(parsed => run((verb, token) => ListAsync(verb, parsed.GetValue(Status), token)));
        return new("waitlist", "List, approve and reject requests for access.")
        {
            list,
            Decide("approve", "Approve a request: makes an account, unless the address has one.", WaitlistStatus.Approved),
            Decide("reject", "Reject a request. It can still be approved later.", WaitlistStatus.Rejected),
        };

        Command Decide(string name, string description, WaitlistStatus decision)
        {
            var command = new Command(name, description) { Request, Notes };
            command.SetAction(parsed =>
                run((verb, token) => DecideAsync(verb, parsed.GetRequiredValue(Request), decision, parsed.GetValue(Notes), token))
            );
            return command;
        }
    }

    private static async Task ListAsync(OwnerVerb verb, string? statusText, CancellationToken cancellationToken)
    {
        WaitlistStatus? status = Enum.GetValues<WaitlistStatus>()
            .Cast<WaitlistStatus?>()
            .FirstOrDefault(status => EnumText.Of(status!.Value) == statusText);
        if (statusText is not null && status is null)
        {
            throw OwnerVerb.Invalid(Status.Name, statusText, "waiting, approved or rejected is expected");
        }

        var console = VerbConsole.Create(verb.Output);
        var table = console.NewTable(
            new("Id"),
            new("Address"),
            new("Name"),
            new("Status"),
            new("Account"),
            new("Asked (UTC)"),
            new("Heard of it by"),
            new("Notes")
        );
        foreach (var entry in await verb.Administration.WaitlistAsync(verb.Scope, status, null, int.MaxValue, cancellationToken))
        {
            table.AddTextRow(
                OwnerVerb.Id(entry.Id),
                entry.Email,
                entry.Name,
                EnumText.Of(entry.Status),
                entry.AccountId is { } account ? OwnerVerb.Id(account) : "",
                OwnerVerb.Time(entry.CreatedAt),
                entry.ReferralSource ?? "",
                entry.Notes ?? ""
            );
        }

        console.Write(table);
    }

    private static async Task DecideAsync(
        OwnerVerb verb,
        string text,
        WaitlistStatus decision,
        string? notes,
        CancellationToken cancellationToken
    )
    {
        var email = UserAccount.FindEmail(text);
        if (!OwnerVerb.IsId(text, out var id) && email is null)
        {
            throw OwnerVerb.Invalid(Request.Name, text, "an address or the id of a request is expected");
        }

        notes = notes is null ? null : OwnerVerb.Text(Notes.Name, notes, WaitlistEntry.MaxNotes);
        await using var find = verb.Owner.CreateCommand("SELECT id FROM account.waitlist WHERE id = $1 OR email = $2");
        find.Parameters.Add(new() { Value = id });
        find.Parameters.Add(new() { Value = email ?? "" });
        var (entry, refusal) = await find.ExecuteScalarAsync(cancellationToken) is long found
            ? await verb.Administration.DecideAsync(verb.Scope, found, decision, notes, cancellationToken)
            : (null, null);
        if (entry is null)
        {
            throw OwnerVerb.Invalid(Request.Name, text, "no request has this id or address; 'waitlist list' lists them");
        }

        if (refusal is not null)
        {
            throw OwnerVerb.Invalid(
                Request.Name,
                text,
                $"the request was approved, so there is an account; 'accounts deactivate {entry.Email}' takes its access away"
            );
        }

        await verb.Output.WriteLineAsync(
            $"request {OwnerVerb.Id(entry.Id)} of {entry.Email} is {EnumText.Of(entry.Status)}"
                + (entry.AccountId is { } account ? $", account {OwnerVerb.Id(account)}" : "")
        );
    }
}
