using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wyckoff.Accounts;
using Wyckoff.Journal;
using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Journal;

public sealed class BrokerSecretsTests(TestDatabase database) : IClassFixture<TestDatabase>, IDisposable
{
    private const string Secret = "the-secret-of-ann";
    private readonly string _keys = Path.Combine(Path.GetTempPath(), "wyckoff-keys-" + Guid.NewGuid().ToString("N"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (Directory.Exists(_keys))
        {
            Directory.Delete(_keys, recursive: true);
        }
    }

    [Fact]
    public async Task A_secret_is_stored_encrypted_and_revealed_through_the_entity()
    {
        using var host = Host();
        var secrets = host.Services.GetRequiredService<BrokerSecrets>();
        var id = await SignInAsync("ann");
        await using var context = database.Context();
        var scope = new AccountScope(id);
        await scope.RunAsync(
            context,
            async token =>
            {
                context.Add(new SnapTradeUser(id, "snap-ann", Secret, secrets));
                return await context.SaveChangesAsync(token);
            },
            Token
        );

        var stored = await database.ScalarAsync<string>(
            "SELECT snaptrade_user_secret FROM journal.snaptrade_users WHERE user_account_id = $1",
            id
        );
        Assert.StartsWith("CfDJ8", stored, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, stored, StringComparison.Ordinal);
        Assert.Equal(
            0L,
            await database.ScalarAsync<long>("SELECT count(*) FROM audit.audit_trail WHERE metadata::text LIKE '%' || $1 || '%'", stored)
        );

        // A second host stands for another process that uses the same keys.
        using var other = Host();
        await using var again = database.Context();
        var user = await scope.RunAsync(again, token => again.Set<SnapTradeUser>().SingleAsync(token), Token);
        Assert.Equal(Secret, other.Services.GetRequiredService<BrokerSecrets>().Reveal(user));
        Assert.DoesNotContain("CfDJ8", JsonSerializer.Serialize(user), StringComparison.Ordinal);
        Assert.DoesNotContain("CfDJ8", user.ToString(), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_keys));
        }
    }

    [Fact]
    public async Task A_secret_copied_to_another_account_cannot_be_decrypted()
    {
        using var host = Host();
        var secrets = host.Services.GetRequiredService<BrokerSecrets>();
        var (mine, theirs) = (await SignInAsync("mine"), await SignInAsync("theirs"));
        await database.ExecuteAsync(
            "INSERT INTO journal.snaptrade_users (user_account_id, snaptrade_user_id, snaptrade_user_secret) VALUES ($1, 'copy', $2)",
            theirs,
            secrets.Protect(mine, Secret)
        );
        await using var context = database.Context();
        var user = await new AccountScope(theirs).RunAsync(context, token => context.Set<SnapTradeUser>().SingleAsync(token), Token);
        Assert.Throws<CryptographicException>(() => secrets.Reveal(user));
    }

    [Fact]
    public void The_shortest_encrypted_secret_satisfies_the_check_constraint()
    {
        using var host = Host();
        Assert.Matches("^CfDJ8[A-Za-z0-9_-]{80,}$", host.Services.GetRequiredService<BrokerSecrets>().Protect(1, "x"));
    }

    [Fact]
    public async Task A_service_without_a_writable_key_folder_starts_and_fails_on_first_use()
    {
        await File.WriteAllTextAsync(_keys + ".file", "in the way", Token);
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration["Wyckoff:Secrets:KeyFolder"] = _keys + ".file/keys";
        builder.Configuration["ConnectionStrings:wyckoff"] = database.AppConnection;
        builder.AddWyckoff();
        using var host = builder.Build();
        await host.StartAsync(Token);
        Assert.ThrowsAny<Exception>(() => host.Services.GetRequiredService<BrokerSecrets>().Protect(1, "x"));
        await host.StopAsync(Token);
        File.Delete(_keys + ".file");
    }

    [Fact]
    public async Task Services_that_start_together_on_an_empty_folder_use_one_key()
    {
        var hosts = Enumerable.Range(0, 6).Select(_ => Host()).ToList();
        using var together = new Barrier(hosts.Count);
        var texts = await Task.WhenAll(
            hosts.Select(host =>
                Task.Factory.StartNew(
                    () =>
                    {
                        var protector = Protector(host);
                        together.SignalAndWait(Token);
                        return protector.Protect("text");
                    },
                    Token,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default
                )
            )
        );
        foreach (var host in hosts)
        {
            Assert.All(texts, text => Assert.Equal("text", Protector(host).Unprotect(text)));
            host.Dispose();
        }

        Assert.Single(Directory.GetFiles(_keys, "key-*.xml"));

        static IDataProtector Protector(IHost host) => host.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("test");
    }

    private async Task<long> SignInAsync(string name) => await TestAccounts.CreateAsync(database, name);

    private IHost Host()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration["Wyckoff:Secrets:KeyFolder"] = _keys;
        builder.AddWyckoff();
        return builder.Build();
    }
}
