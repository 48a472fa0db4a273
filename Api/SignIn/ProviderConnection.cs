namespace Wyckoff.Api.SignIn;

/// <summary>
/// The connection to a provider. A status of 5xx is an <see cref="HttpRequestException"/>, so that a provider that fails is told apart
/// from an answer that is not valid.
/// </summary>
internal sealed class ProviderConnection() : DelegatingHandler(new SocketsHttpHandler())
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if ((int)response.StatusCode < StatusCodes.Status500InternalServerError)
        {
            return response;
        }

        using (response)
        {
            throw new HttpRequestException($"The provider answered with {(int)response.StatusCode}.", null, response.StatusCode);
        }
    }
}
