using System.Security.Cryptography;
using Microsoft.AspNetCore.StaticAssets;

namespace Wyckoff.Web.Hosting;

/// <summary>
/// Gives scripts and styles addresses below a folder that is named after their content, so that browsers keep them without asking again.
/// </summary>
/// <remarks>
/// The framework's fingerprints rename each file. Our modules import each other by name, which then needs an import map, an inline script
/// that the content security policy forbids. Relative imports keep the folder.
/// </remarks>
internal static class VersionedFiles
{
    private const string Folder = "/_v/";
    private const string Unversioned = "/";
    private const int VersionLength = 16;

    private static readonly string Root = FindRoot();

    /// <summary>The address of a file of <c>wwwroot</c> or of a package.</summary>
    public static string PathOf(string file) => Root + file;

    /// <summary>Finds a file below the folder. A page that was open during an update has the old version, and gets the new file.</summary>
    public static void UseVersionedFiles(this IApplicationBuilder app) =>
        app.Use(
            (context, next) =>
            {
                var path = context.Request.Path.Value ?? "";
                if (path.StartsWith(Folder, StringComparison.Ordinal) && path.IndexOf('/', Folder.Length) is > 0 and var end)
                {
                    context.Request.Path = path[end..];
                    if (path.StartsWith(Root, StringComparison.Ordinal))
                    {
                        context.Response.OnStarting(() => KeepAsync(context));
                    }
                }

                return next(context);
            }
        );

    private static Task KeepAsync(HttpContext context)
    {
        // Only files: below the folder a page or an answer of the API would be kept by caches for everybody.
        var isFile = context.GetEndpoint()?.Metadata.GetMetadata<StaticAssetDescriptor>() is not null;
        if (isFile && context.Response.StatusCode is (StatusCodes.Status200OK or StatusCodes.Status304NotModified))
        {
            context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        }

        return Task.CompletedTask;
    }

    /// <summary>The manifest of the build has the hashes of all files, those of packages included.</summary>
    private static string FindRoot()
    {
        var manifest = Path.Combine(AppContext.BaseDirectory, "Wyckoff.Web.staticwebassets.endpoints.json");
        // `dotnet watch` changes files while the program runs.
        return !File.Exists(manifest) || Environment.GetEnvironmentVariable("DOTNET_WATCH") is not null
            ? Unversioned
            : Folder + Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(manifest)))[..VersionLength] + "/";
    }
}
