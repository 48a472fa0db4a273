using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.MigrationService.Verbs;

/// <summary>The verbs <c>accounts</c> and <c>waitlist</c>.</summary>
public sealed class AccountsVerbTests(VerbDatabase database) : IClassFixture<VerbDatabase>
{
    [Fact]
    public async Task An_account_is_made_changed_and_listed()
    {
        var (made, _) = await database.RunAsync("accounts", "create", "--email", "Eve@Example.org", "--name", "Eve", "--admin");
        Assert.Matches(@"^account \d+ of eve@example\.org is active and an administrator's$", made);
        var id = made.Split(' ')[1];
        Assert.Equal($"verb:{Environment.UserName}", await database.LastActorAsync());
        var (list, _) = await database.RunAsync("accounts", "list");
        Assert.Matches($@"(?m)^ *{id} +eve@example\.org +Eve +not yet +active +yes +0 +never ", list);
        Assert.Matches(@"(?m)^ *1 +local@localhost +Local +local +active +yes ", list);

        Assert.EndsWith("is active", (await database.RunAsync("accounts", "admin", id, "--off")).Output, StringComparison.Ordinal);
        Assert.EndsWith(
            "is deactivated",
            (await database.RunAsync("accounts", "deactivate", "EVE@example.org")).Output,
            StringComparison.Ordinal
        );
        var (found, _) = await database.RunAsync("accounts", "list", "--search", "EVE");
        Assert.Matches($@"(?m)^ *{id} .* deactivated ", found);
        Assert.DoesNotContain("local@localhost", found, StringComparison.Ordinal);
        Assert.EndsWith("is active", (await database.RunAsync("accounts", "activate", id)).Output, StringComparison.Ordinal);
        Assert.EndsWith(
            "administrator's",
            (await database.RunAsync("accounts", "admin", "eve@example.org")).Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_last_administrator_stays()
    {
        foreach (var arguments in new[] { new[] { "accounts", "deactivate", "local" }, ["accounts", "admin", "local@localhost", "--off"] })
        {
            Assert.Contains("no other active administrator could get in", await database.RefuseAsync(arguments), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Requests_for_access_are_listed_and_decided()
    {
        await TestAccounts.Directory(database).JoinWaitlistAsync("Wanda", "wanda@example.org", "a friend", null, default);
        await TestAccounts.Directory(database).JoinWaitlistAsync("Will", "will@example.org", null, null, default);
        var (list, _) = await database.RunAsync("waitlist", "list", "--status", "waiting");
        Assert.Matches(@"(?m)^ *\d+ +wanda@example\.org +Wanda +waiting ", list);
        var id = await database.ScalarAsync<long>("SELECT id FROM account.waitlist WHERE email = 'will@example.org'");

        var (approved, _) = await database.RunAsync("waitlist", "approve", "WANDA@example.org", "--notes", "met in Lisbon");
        Assert.Matches(@"^request \d+ of wanda@example\.org is approved, account \d+$", approved);
        Assert.Equal(approved, (await database.RunAsync("waitlist", "approve", "wanda@example.org")).Output);
        Assert.Contains("met in Lisbon", (await database.RunAsync("waitlist", "list")).Output, StringComparison.Ordinal);
        Assert.Contains(
            "'accounts deactivate wanda@example.org' takes its access away",
            await database.RefuseAsync("waitlist", "reject", "wanda@example.org"),
            StringComparison.Ordinal
        );

        Assert.EndsWith("is rejected", (await database.RunAsync("waitlist", "reject", $"{id}")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "will@example.org",
            (await database.RunAsync("waitlist", "list", "--status", "waiting")).Output,
            StringComparison.Ordinal
        );
        Assert.Matches(@"is approved, account \d+$", (await database.RunAsync("waitlist", "approve", $"{id}")).Output);
    }

    [Theory]
    [InlineData("accounts: --email: 'ann': an address such as", "accounts", "create", "--email", "ann", "--name", "Ann")]
    [InlineData(
        "accounts: --email: 'local@localhost': the account 1 has this address",
        "accounts",
        "create",
        "--email=local@localhost",
        "--name=L"
    )]
    [InlineData("accounts: --name: ' ': 1 to 255 characters", "accounts", "create", "--email=ann@example.org", "--name= ")]
    [InlineData("accounts: EMAIL|ID: '99': no account has this id", "accounts", "deactivate", "99")]
    [InlineData("accounts: EMAIL|ID: 'x@example.org': no account has this id", "accounts", "activate", "x@example.org")]
    [InlineData("accounts: EMAIL|ID: '-1': an address, the id", "accounts", "admin", "-1")]
    [InlineData("accounts: Required argument missing for command: 'admin'.", "accounts", "admin")]
    [InlineData("waitlist: --status: 'open': waiting, approved or rejected is expected.", "waitlist", "list", "--status", "open")]
    [InlineData("waitlist: EMAIL|ID: '99': no request has this id", "waitlist", "approve", "99")]
    [InlineData("waitlist: EMAIL|ID: 'x': an address or the id of a request is expected.", "waitlist", "reject", "x")]
    [InlineData("waitlist: --notes: ' ': 1 to 2000 characters", "waitlist", "reject", "99", "--notes", " ")]
    public async Task Bad_input_is_named(string expected, params string[] arguments) =>
        Assert.StartsWith(expected, await database.RefuseAsync(arguments), StringComparison.Ordinal);
}
