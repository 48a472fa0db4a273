using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Wyckoff;

/// <summary>ASP.NET Core's data protection, with its key ring in a folder of our own that only this user may read.</summary>
internal sealed class SecretKeys(IOptions<SecretsOptions> options, ILoggerFactory loggers) : IConfigureOptions<KeyManagementOptions>
{
    public void Configure(KeyManagementOptions keys)
    {
        var folder = Path.GetFullPath(options.Value.FolderOrDefault);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        keys.XmlRepository = new FileSystemXmlRepository(new(folder), loggers);
    }

    public static void Add(IServiceCollection services)
    {
        services.AddOptions<SecretsOptions>().BindConfiguration(SecretsOptions.Section);
        // The name is part of every purpose: all services of the product read one another's secrets.
        services.AddDataProtection().SetApplicationName("Wyckoff");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>, SecretKeys>();
    }
}
