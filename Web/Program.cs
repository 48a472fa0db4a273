using Wyckoff.ServiceDefaults;
using Wyckoff.Web;

return await WebHost.Create(args).RunToEndAsync();
