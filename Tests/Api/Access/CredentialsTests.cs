using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Wyckoff.Accounts;
using Wyckoff.Api.Access;
using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Api.Access;

/// <summary>How long an answer about a key is used, and what the cache keeps. The tests move the clock.</summary>
public sealed class CredentialsTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string Scheme = "key";

    private readonly ManualTime _time = new(TimeProvider.System.GetUtcNow());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answer_is_used_for_less_than_a_second()
    {
        using var credentials = New();
        var (_, key) = await KeyAsync("answer");
        Assert.True(await IsValidAsync(credentials, key));
        await RevokeAsync(key);
        _time.Advance(Credentials.MaxAge - TimeSpan.FromTicks(1));
        Assert.True(await IsValidAsync(credentials, key));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.False(await IsValidAsync(credentials, key));
    }

    [Fact]
    public async Task A_change_made_on_this_replica_holds_at_once()
    {
        using var credentials = New();
        var (account, key) = await KeyAsync("at-once");
        Assert.True(await IsValidAsync(credentials, key));
        await database.ExecuteAsync("UPDATE account.user_accounts SET is_active = false WHERE id = $1", account);
        credentials.Forget(account);
        Assert.False(await IsValidAsync(credentials, key));
        await database.ExecuteAsync("UPDATE account.user_accounts SET is_active = true WHERE id = $1", account);
        credentials.Forget(account);
        Assert.True(await IsValidAsync(credentials, key));
    }

    [Fact]
    public async Task An_answer_that_a_change_overtakes_is_not_used()
    {
        using var credentials = New();
        var (account, key) = await KeyAsync("overtaken");
        await using var held = await HeldKeys.HoldAsync(database);
        var asked = IsValidAsync(credentials, key);
        await held.AwaitedAsync(1);
        _time.Advance(TimeSpan.FromTicks(1));
        credentials.Forget(account);
        // The statement that waits has the snapshot from before this change.
        await held.RevokeAndReleaseAsync(key);
        Assert.False(await asked);
    }

    [Fact]
    public async Task A_request_does_not_take_an_answer_that_was_asked_for_a_second_before_it_came()
    {
        using var credentials = New();
        var (_, key) = await KeyAsync("slow");
        await using var held = await HeldKeys.HoldAsync(database);
        var early = IsValidAsync(credentials, key);
        await held.AwaitedAsync(1);
        _time.Advance(Credentials.MaxAge);
        var late = IsValidAsync(credentials, key);
        await held.RevokeAndReleaseAsync(key);
        Assert.True(await early);
        Assert.False(await late);
    }

    [Fact]
    public async Task Concurrent_first_uses_ask_the_database_once()
    {
        using var credentials = New();
        var (_, key) = await KeyAsync("first");
        await using var held = await HeldKeys.HoldAsync(database);
        var uses = Enumerable.Range(0, 50).Select(_ => Task.Run(() => IsValidAsync(credentials, key), Token)).ToArray();
        await Eventually.HoldsAsync(() => credentials.Count == 1);
        await held.AwaitedAsync(1);
        await held.ReleaseAsync();
        Assert.All(await Task.WhenAll(uses), Assert.True);
        Assert.Equal(1, held.MostAwaited);
    }

    [Fact]
    public async Task A_key_ends_at_the_instant_at_which_it_expires()
    {
        using var credentials = New();
        var (_, key) = await KeyAsync("expiry", TimeSpan.FromMinutes(10));
        var found = await credentials.FindAsync(Digest.Of(key), Scheme, Token);
        // The clock of the database is ten minutes behind, so its answer stays the same.
        _time.Advance(found.Caller!.ExpiresAt!.Value - _time.GetUtcNow() - TimeSpan.FromTicks(1));
        Assert.True(await IsValidAsync(credentials, key));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.False(await IsValidAsync(credentials, key));
        _time.Advance(Credentials.MaxAge);
        Assert.False(await IsValidAsync(credentials, key));
    }

    [Fact]
    public async Task Of_a_flood_of_unknown_keys_a_bounded_number_is_kept_and_valid_keys_are_kept_beyond_it()
    {
        using var credentials = new Credentials(TestAccounts.Directory(database), _time, NullLogger<Credentials>.Instance)
        {
            MaxUnknown = 10,
        };
        for (var i = 0; i < 30; i++)
        {
            Assert.False(await IsValidAsync(credentials, ApiKey.Issue(1, "x", AccessScope.Read, _time.GetUtcNow()).Key));
        }

        Assert.Equal(10, credentials.Count);
        var (_, key) = await KeyAsync("flood");
        Assert.True(await IsValidAsync(credentials, key));
        Assert.Equal(11, credentials.Count);
        // Kept: the next request does not ask the database.
        await RevokeAsync(key);
        Assert.True(await IsValidAsync(credentials, key));
    }

    [Fact]
    public async Task Keys_that_nobody_uses_are_forgotten_and_the_others_are_asked_for_in_the_background()
    {
        using var credentials = New();
        var (_, key) = await KeyAsync("used");
        var (_, unused) = await KeyAsync("unused");
        await credentials.StartAsync(Token);
        Assert.True(await IsValidAsync(credentials, unused));
        for (var elapsed = TimeSpan.Zero; elapsed <= Credentials.KeepUnused + Credentials.Tick; elapsed += Credentials.Tick)
        {
            Assert.True(await IsValidAsync(credentials, key));
            await TickAsync();
        }

        Assert.Equal(1, credentials.Count);
        await database.ExecuteAsync("UPDATE account.api_keys SET last_used_at = NULL WHERE key_hash = $1", ApiKey.HashOf(key));
        for (var tick = 0; tick < 5; tick++)
        {
            await TickAsync();
        }

        // The background asked, and recorded the use.
        Assert.Equal(
            1,
            await database.ScalarAsync<long>(
                "SELECT count(*) FROM account.api_keys WHERE key_hash = $1 AND last_used_at IS NOT NULL",
                ApiKey.HashOf(key)
            )
        );
        await credentials.StopAsync(Token);
    }

    [Fact]
    public async Task A_key_is_looked_up_by_its_hash_and_stored_in_no_other_form()
    {
        var (_, key) = await KeyAsync("hash");
        var row = await database.ScalarAsync<string>(
            "SELECT to_jsonb(k)::text FROM account.api_keys k WHERE key_hash = $1",
            ApiKey.HashOf(key)
        );
        Assert.DoesNotContain(key[ApiKey.PrefixLength..], row, StringComparison.Ordinal);
        // The index compares hashes: whoever guesses a key has no influence on how many bytes of the hash are equal.
        var plan = await database.ScalarAsync<string>(
            "SET enable_seqscan = off; EXPLAIN SELECT FROM account.api_keys WHERE key_hash = decode(repeat('ab', 32), 'hex')"
        );
        Assert.Contains("using idx_api_keys_key_hash", plan, StringComparison.Ordinal);
    }

    private static async Task<bool> IsValidAsync(Credentials credentials, string key) =>
        (await credentials.FindAsync(Digest.Of(key), Scheme, Token)).Result.Succeeded;

    private Credentials New() => new(TestAccounts.Directory(database), _time, NullLogger<Credentials>.Instance);

    private async Task<(long Account, string Key)> KeyAsync(string name, TimeSpan? expiresAfter = null)
    {
        var account = await TestAccounts.CreateAsync(database, name);
        return (account, await TestAccounts.AddKeyAsync(database, account, AccessScope.Read, expiresAfter));
    }

    private Task<int> RevokeAsync(string key) =>
        database.ExecuteAsync("UPDATE account.api_keys SET revoked_at = now() WHERE key_hash = $1", ApiKey.HashOf(key));

    /// <summary>Lets the background work run once: its timer is started again when the work is done.</summary>
    private async Task TickAsync()
    {
        await _time.WaitedForAsync(Credentials.Tick);
        _time.Advance(Credentials.Tick);
        await _time.WaitedForAsync(Credentials.Tick);
    }

    /// <summary>Holds the table of keys, so that questions wait in the database.</summary>
    private sealed class HeldKeys : IAsyncDisposable
    {
        private readonly TestDatabase _database;
        private readonly NpgsqlConnection _connection;
        private readonly NpgsqlTransaction _transaction;

        private HeldKeys(TestDatabase database, NpgsqlConnection connection, NpgsqlTransaction transaction) =>
            (_database, _connection, _transaction) = (database, connection, transaction);

        public long MostAwaited { get; private set; }

        public static async Task<HeldKeys> HoldAsync(TestDatabase database)
        {
            var connection = await database.Admin.OpenConnectionAsync(Token);
            var held = new HeldKeys(database, connection, await connection.BeginTransactionAsync(Token));
            await held.ExecuteAsync("LOCK TABLE account.api_keys IN ACCESS EXCLUSIVE MODE");
            return held;
        }

        /// <summary>Waits until this many statements wait.</summary>
        public Task AwaitedAsync(int count) =>
            Eventually.HoldsAsync(async () =>
            {
                var waiting = await _database.ScalarAsync<long>(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'account.api_keys'::regclass"
                );
                MostAwaited = Math.Max(MostAwaited, waiting);
                return waiting >= count;
            });

        public async Task RevokeAndReleaseAsync(string key)
        {
            await ExecuteAsync("UPDATE account.api_keys SET revoked_at = now() WHERE key_hash = $1", ApiKey.HashOf(key));
            await ReleaseAsync();
        }

        public async Task ReleaseAsync()
        {
            MostAwaited = Math.Max(
                MostAwaited,
                await _database.ScalarAsync<long>(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'account.api_keys'::regclass"
                )
            );
            await _transaction.CommitAsync(Token);
        }

        public async ValueTask DisposeAsync()
        {
            await _transaction.DisposeAsync();
            await _connection.DisposeAsync();
        }

        private async Task ExecuteAsync(string sql, params object[] parameters)
        {
            await using var command = new NpgsqlCommand(sql, _connection, _transaction);
            foreach (var parameter in parameters)
            {
                command.Parameters.Add(new() { Value = parameter });
            }

            await command.ExecuteNonQueryAsync(Token);
        }
    }
}
