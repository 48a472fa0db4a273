namespace Wyckoff.Tests.Api;

/// <summary>Base class of tests that share a database and send requests to an API in this process.</summary>
public abstract class ApiTestBase(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncDisposable
{
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected TestDatabase Database { get; } = database;

    protected HttpClient Client => field ??= Api.CreateClient();

    private protected ApiServer Api { get; } = new(database.AppConnection);

    public async ValueTask DisposeAsync()
    {
        await Api.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
