using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Journal;

public sealed class JournalMigrationTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Audit_accounts_and_journal_go_down_and_up_again_when_filled()
    {
        await ValidRows.FillAsync(database.Owner, 100, "plain");
        foreach (var migration in new[] { "Accounts", "Auditing", "Initial" })
        {
            var (down, _, why) = await Migrations.RunAsync(database.AdminConnection, null, "--to", migration, "--yes");
            Assert.True(down == 0, why);
        }

        Assert.Equal(0L, await database.ScalarAsync<long>("SELECT count(*) FROM pg_namespace WHERE nspname IN ('account', 'journal', 'audit')"));
        var (up, _, error) = await Migrations.RunAsync(database.AdminConnection);
        Assert.True(up == 0, error);
        await ValidRows.FillAsync(database.Owner, 100, "plain");
    }
}
