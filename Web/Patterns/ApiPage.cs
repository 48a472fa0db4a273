using Microsoft.AspNetCore.Components;
using Wyckoff.Client;
using Wyckoff.Web.Access;

namespace Wyckoff.Web.Patterns;

/// <summary>A page that shows what the API answers. When the API refuses, the page shows its problem instead.</summary>
public abstract class ApiPage : ComponentBase
{
    [Inject]
    protected WyckoffClient Api { get; set; } = null!;

    [Inject]
    protected NavigationManager Navigation { get; set; } = null!;

    /// <summary>What the last request failed with; <see cref="ProblemMessage"/> shows it.</summary>
    protected Failure? Failure { get; set; }

    /// <summary>Runs requests, and keeps their failure. Returns false if they failed.</summary>
    protected async Task<bool> TryAsync(Func<Task> requests)
    {
        Failure = null;
        try
        {
            await requests();
            return true;
        }
        catch (Exception e) when (Failure.Of(e) is { } failure)
        {
            if (failure.Status == StatusCodes.Status401Unauthorized)
            {
                // The key was revoked or the session ended, after the page or its circuit began.
                Navigation.NavigateTo(SignIn.Link(new Uri(Navigation.Uri).PathAndQuery), forceLoad: true);
            }

            Failure = failure;
            return false;
        }
    }

    /// <summary>Runs a request, and keeps its failure. Returns null if it failed.</summary>
    protected async Task<T?> TryAsync<T>(Func<Task<T>> request)
        where T : class
    {
        T? result = null;
        return await TryAsync(async () =>
        {
            result = await request();
        })
            ? result
            : null;
    }
}
