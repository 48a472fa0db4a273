namespace Wyckoff.Tests.MigrationService.Verbs;

/// <summary>A database on which the verbs run.</summary>
public sealed class VerbDatabase : TestDatabase
{
    /// <summary>Runs a verb that succeeds, and returns its output and its hints.</summary>
    public async Task<(string Output, string Error)> RunAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await Migrations.RunAsync(AdminConnection, null, arguments);
        Assert.True(exitCode == 0, error);
        return (output.Trim(), error.Trim());
    }

    /// <summary>Runs a verb that is refused with one line, and returns that.</summary>
    public async Task<string> RefuseAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await Migrations.RunAsync(AdminConnection, null, arguments);
        Assert.Equal((1, ""), (exitCode, output));
        return Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Trim();
    }

    /// <summary>The actors in the audit trail since the newest entry that was there.</summary>
    public Task<string> LastActorAsync() => ScalarAsync<string>("SELECT actor FROM audit.audit_trail ORDER BY id DESC LIMIT 1");
}
