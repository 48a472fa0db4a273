using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Wyckoff;

/// <summary>Configures ASP.NET Core data protection to keep its key ring in a folder that only the current user can read.</summary>
internal sealed class SecretKeys(IOptions<SecretsOptions> options, ILoggerFactory loggers) : IConfigureOptions<KeyManagementOptions>
{
    public void Configure(KeyManagementOptions keys) =>
        keys.XmlRepository = new KeyFolder(new(Path.GetFullPath(options.Value.FolderOrDefault)), loggers);

    public static void Add(IServiceCollection services)
    {
        services.AddOptions<SecretsOptions>().BindConfiguration(SecretsOptions.Section);
        // Services can read each other's secrets only if they use the same application name.
        services.AddDataProtection().SetApplicationName("Wyckoff");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>, SecretKeys>();
    }

    /// <summary>Creates the folder at its first use, so that a service without secrets does not need a writable folder.</summary>
    private sealed class KeyFolder(DirectoryInfo folder, ILoggerFactory loggers) : FileSystemXmlRepository(folder, loggers)
    {
        public override IReadOnlyCollection<XElement> GetAllElements()
        {
            CreateFolder();
            return base.GetAllElements();
        }

        public override void StoreElement(XElement element, string friendlyName)
        {
            CreateFolder();
            base.StoreElement(element, friendlyName);
        }

        private void CreateFolder()
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
