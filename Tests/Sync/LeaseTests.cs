using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Wyckoff.Sync;

namespace Wyckoff.Tests.Sync;

public sealed class LeaseTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lease_has_one_holder_and_each_acquisition_a_new_version()
    {
        var (a, b) = (Store("a"), Store("b"));
        var first = await a.TryAcquireAsync("one", Long, Token);
        Assert.Equal(1, first!.Version);
        Assert.Null(await b.TryAcquireAsync("one", Long, Token));
        // Not even the holder can acquire it twice.
        Assert.Null(await a.TryAcquireAsync("one", Long, Token));
        Assert.True(await a.RenewAsync(first, Long, Token));

        await a.ReleaseAsync(first, Token);
        var second = await b.TryAcquireAsync("one", Long, Token);
        Assert.Equal(("b", 2L), (second!.Holder, second.Version));
        Assert.False(await a.RenewAsync(first, Long, Token));
        await a.ReleaseAsync(first, Token);
        Assert.True(await b.RenewAsync(second, Long, Token));
    }

    [Fact]
    public async Task Of_concurrent_acquisitions_one_succeeds()
    {
        for (var round = 0; round < 5; round++)
        {
            var leases = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Store($"h{i}").TryAcquireAsync("many", Long, Token)));
            var winner = Assert.Single(leases, lease => lease is not null)!;
            Assert.Equal(round + 1, winner.Version);
            await ExpireAsync("many");
        }
    }

    [Fact]
    public async Task The_holder_can_renew_an_expired_lease_that_nobody_acquired()
    {
        var a = Store("a");
        var lease = (await a.TryAcquireAsync("late", Long, Token))!;
        await ExpireAsync("late");
        await Assert.ThrowsAsync<LeaseLostException>(() => WriteAsync(lease, "late-1"));
        Assert.True(await a.RenewAsync(lease, Long, Token));
        await WriteAsync(lease, "late-2");
        Assert.Equal(1, await WrittenAsync("late-%"));
    }

    [Fact]
    public async Task A_holder_writes_nothing_after_another_has_acquired_the_lease()
    {
        var (a, b) = (Store("a"), Store("b"));
        var lease = (await a.TryAcquireAsync("asleep", Long, Token))!;
        await WriteAsync(lease, "asleep-1");
        await ExpireAsync("asleep");
        var next = (await b.TryAcquireAsync("asleep", Long, Token))!;
        var e = await Assert.ThrowsAsync<LeaseLostException>(() => WriteAsync(lease, "asleep-2"));
        Assert.Equal("The lease 'asleep' is lost.", e.Message);
        await WriteAsync(next, "asleep-3");
        // The old lease stays invalid when its holder acquires the lease again, because that lease has a new version.
        await ExpireAsync("asleep");
        Assert.NotNull(await a.TryAcquireAsync("asleep", Long, Token));
        await Assert.ThrowsAsync<LeaseLostException>(() => WriteAsync(lease, "asleep-4"));
        Assert.Equal(2, await WrittenAsync("asleep-%"));
    }

    [Fact]
    public async Task A_lease_cannot_be_acquired_while_a_fenced_transaction_is_open()
    {
        var (a, b) = (Store("a"), Store("b"));
        var lease = (await a.TryAcquireAsync("open", Long, Token))!;
        await using (var connection = await database.App.OpenConnectionAsync(Token))
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await LeaseStore.FenceAsync(connection, lease, Token);
            Assert.Null(await b.TryAcquireAsync("open", Long, Token));
            await transaction.CommitAsync(Token);
        }

        // The fence locks the row, so the lease can only expire by the server's clock. Three seconds are enough for the fence to succeed
        // first.
        var brief = (await a.TryAcquireAsync("brief", TimeSpan.FromSeconds(3), Token))!;
        await using var second = await database.App.OpenConnectionAsync(Token);
        await using var writing = await second.BeginTransactionAsync(Token);
        await LeaseStore.FenceAsync(second, brief, Token);
        await Eventually.HoldsAsync(() =>
            database.ScalarAsync<bool>("SELECT until < clock_timestamp() FROM market.leases WHERE name = 'brief'")
        );
        // The expired lease cannot be acquired before the commit.
        Assert.Null(await b.TryAcquireAsync("brief", Long, Token));
        await writing.CommitAsync(Token);
        Assert.NotNull(await b.TryAcquireAsync("brief", Long, Token));
    }

    [Fact]
    public async Task The_fence_sets_a_timeout_for_idle_transactions()
    {
        var a = Store("a");
        var lease = (await a.TryAcquireAsync("frozen", Long, Token))!;
        await using var connection = await database.App.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await LeaseStore.FenceAsync(connection, lease, Token);
        await using var command = connection.CreateCommand();
        command.CommandText = "SHOW idle_in_transaction_session_timeout";
        Assert.Equal("30s", await command.ExecuteScalarAsync(Token));
    }

    [Fact]
    public async Task A_held_lease_is_renewed_and_released_when_disposed()
    {
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        var (a, b) = (Store("a", time), Store("b"));
        var held = (await a.TryHoldAsync("held", Long, Token))!;
        var before = await UntilAsync("held");
        // The lease is renewed after a third of its duration.
        await time.WaitedForAsync(Long / 3);
        time.Advance(Long / 3);
        await Eventually.GetAsync(() => UntilAsync("held"), until => until > before);
        Assert.Null(await b.TryAcquireAsync("held", Long, Token));
        await held.DisposeAsync();
        Assert.NotNull(await b.TryAcquireAsync("held", Long, Token));
    }

    [Fact]
    public async Task A_lost_lease_cancels_its_token()
    {
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        var (a, b) = (Store("a", time), Store("b"));
        await using var held = (await a.TryHoldAsync("lost", Long, Token))!;
        var lost = new TaskCompletionSource();
        held.Lost.Register(lost.SetResult);
        await ExpireAsync("lost");
        Assert.NotNull(await b.TryAcquireAsync("lost", Long, Token));
        await time.WaitedForAsync(Long / 3);
        time.Advance(Long / 3);
        await lost.Task.WaitAsync(Token);
    }

    [Fact]
    public async Task An_unexpected_renewal_error_counts_as_a_loss_and_does_not_throw_on_disposal()
    {
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        var source = NpgsqlDataSource.Create(database.AppConnection);
        var held = (await new LeaseStore(source, "a", time, NullLogger<LeaseStore>.Instance).TryHoldAsync("unexpected", Long, Token))!;
        var lost = new TaskCompletionSource();
        held.Lost.Register(lost.SetResult);
        await time.WaitedForAsync(Long / 3);
        // Renewing on a disposed data source fails with an error that is not a database fault.
        await source.DisposeAsync();
        time.Advance(Long / 3);
        await lost.Task.WaitAsync(Token);
        await held.DisposeAsync();
    }

    private LeaseStore Store(string holder, TimeProvider? time = null) =>
        new(database.App, holder, time ?? TimeProvider.System, NullLogger<LeaseStore>.Instance);

    private Task<DateTimeOffset> UntilAsync(string name) =>
        database
            .ScalarAsync<DateTime>("SELECT until FROM market.leases WHERE name = $1", name)
            .ContinueWith(task => new DateTimeOffset(task.Result), TaskScheduler.Default);

    private Task ExpireAsync(string name) =>
        database.ExecuteAsync("UPDATE market.leases SET until = clock_timestamp() - interval '1 s' WHERE name = $1", name);

    private Task<long> WrittenAsync(string like) =>
        database.ScalarAsync<long>("SELECT count(*) FROM market.sync_coverage WHERE source LIKE $1", like);

    // A fenced transaction: first the fence, then the write.
    private async Task WriteAsync(Lease lease, string coverageSource)
    {
        var ticker = await database.ScalarAsync<int>(
            "INSERT INTO market.tickers (symbol) VALUES ('LEASED') ON CONFLICT (symbol) DO UPDATE SET is_active = true RETURNING id"
        );
        await using var connection = await database.App.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await LeaseStore.FenceAsync(connection, lease, Token);
        await using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO market.sync_coverage (ticker_id, timeframe, source) VALUES ($1, '1m', $2)";
        command.Parameters.Add(new() { Value = ticker });
        command.Parameters.Add(new() { Value = coverageSource });
        await command.ExecuteNonQueryAsync(Token);
        await transaction.CommitAsync(Token);
    }
}
