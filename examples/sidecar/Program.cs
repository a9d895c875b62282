// A sidecar in the process of an application, which connects to services at addresses of its own machine. A file says where they are, and changes while it runs.
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Linkerd.Tcp.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// The file has these variables, with defaults. Real services have names, and the ports of the sidecar are fixed.
var (users1, users2, orders) = (Serve("users-1"), Serve("users-2"), Serve("orders"));
Environment.SetEnvironmentVariable("USERS_PORT", "0");
Environment.SetEnvironmentVariable("ORDERS_PORT", "0");
Environment.SetEnvironmentVariable("USERS", users1);
Environment.SetEnvironmentVariable("ORDERS", orders);

// A copy, as this example edits it.
var folder = Directory.CreateTempSubdirectory("sidecar-example-");
var file = Path.Combine(folder.FullName, "sidecar.json");
File.Copy(Path.Combine(AppContext.BaseDirectory, "sidecar.json"), file);

var builder = Host.CreateApplicationBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddTcpProxy("sidecar", new ConfigurationBuilder().AddJsonFile(file, optional: false, reloadOnChange: true).Build());
using var host = builder.Build();
await host.StartAsync();

// The application knows these two addresses, and nothing of balancing, retries or where the services are.
var sidecar = host.Services.GetRequiredKeyedService<ProxyHost>("sidecar");
var (usersAddress, ordersAddress) = ((IPEndPoint)sidecar.LocalEndPoints[0], (IPEndPoint)sidecar.LocalEndPoints[1]);
Console.WriteLine($"users at {usersAddress}: {await AskAsync(usersAddress)}; orders at {ordersAddress}: {await AskAsync(ordersAddress)}");

// A session that is open goes on, whatever the file says.
using var session = new TcpClient();
await session.ConnectAsync(usersAddress);
var open = await SayAsync(session);

// The file is edited: users-2 is the new server.
var edited = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
edited["routers"]![0]!["servers"]![0]!["dstName"] = users2;
await File.WriteAllTextAsync(file, edited.ToString());

var answers = new List<string>();
while (!answers.Contains("users-2"))
{
    answers.Add(await AskAsync(usersAddress));
    await Task.Delay(10);
}

Console.WriteLine($"users at {usersAddress}, after the file has changed: {answers[^1]}; none of {answers.Count} connections failed");
Console.WriteLine($"the session that was open: {open}, and still {await SayAsync(session)}");
session.Close();
await host.StopAsync();
folder.Delete(recursive: true);
return answers[0] == "users-1" && open == "users-1" ? 0 : 1;

static async Task<string> AskAsync(IPEndPoint address)
{
    using var client = new TcpClient();
    await client.ConnectAsync(address);
    return await SayAsync(client);
}

// Sends a line, and returns the one that answers it.
static async Task<string> SayAsync(TcpClient client)
{
    await client.GetStream().WriteAsync("?\n"u8.ToArray());
    return await new StreamReader(client.GetStream()).ReadLineAsync() ?? throw new IOException("The server said nothing.");
}

// A service that answers each line with its name.
static string Serve(string name)
{
    var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    _ = AcceptAsync();
    return $"{listener.LocalEndpoint}";

    async Task AcceptAsync()
    {
        while (true)
        {
            _ = AnswerAsync(await listener.AcceptTcpClientAsync());
        }
    }

    async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            using var reader = new StreamReader(client.GetStream());
            while (await reader.ReadLineAsync() is not null)
            {
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(name + "\n"));
            }
        }
    }
}
