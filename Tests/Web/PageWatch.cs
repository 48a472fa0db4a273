using Microsoft.Playwright;

namespace Wyckoff.Tests.Web;

/// <summary>Collects what goes wrong on a page without being seen.</summary>
internal sealed class PageWatch
{
    public PageWatch(IPage page, Uri address)
    {
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                Add($"console: {message.Text} ({message.Location})");
            }
        };
        page.PageError += (_, error) => Add("error: " + error);
        page.Request += (_, request) =>
        {
            if (
                Uri.TryCreate(request.Url, UriKind.Absolute, out var url)
                && url.Scheme.StartsWith("http", StringComparison.Ordinal)
                && url.Authority != address.Authority
            )
            {
                Add("request to another host: " + request.Url);
            }
        };
    }

    public List<string> Complaints { get; } = [];

    private void Add(string complaint)
    {
        lock (Complaints)
        {
            Complaints.Add(complaint);
        }
    }
}
