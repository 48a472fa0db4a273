using System.Xml.Linq;
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
    public void Configure(KeyManagementOptions keys) =>
        keys.XmlRepository = new KeyFolder(new(Path.GetFullPath(options.Value.FolderOrDefault)), loggers);

    public static void Add(IServiceCollection services)
    {
        services.AddOptions<SecretsOptions>().BindConfiguration(SecretsOptions.Section);
        // The name is part of every purpose: all services of the product read one another's secrets.
        services.AddDataProtection().SetApplicationName("Wyckoff");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>, SecretKeys>();
    }

    /// <summary>Made when it is first used: a service that keeps no secret starts without a place to write to.</summary>
    private sealed class KeyFolder(DirectoryInfo folder, ILoggerFactory loggers) : FileSystemXmlRepository(folder, loggers)
    {
        public override IReadOnlyCollection<XElement> GetAllElements()
        {
            Make();
            return base.GetAllElements();
        }

        public override void StoreElement(XElement element, string friendlyName)
        {
            Make();
            base.StoreElement(element, friendlyName);
        }

        private void Make()
        {
            if (OperatingSystem.IsWindows())
            {
                System.IO.Directory.CreateDirectory(Directory.FullName);
            }
            else
            {
                System.IO.Directory.CreateDirectory(
                    Directory.FullName,
                    UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                );
            }
        }
    }
}
