using System.Text.Json;
using Troupe.Models;
using Troupe.Tests;

namespace Troupe.Server.Tests.MedSim;

/// <summary>What students and teachers do, over HTTP.</summary>
internal static class Ward
{
    public const string Case = "crushing-chest-pain";

    public static string DataFile { get; } = Path.Combine(House.Root, "..", "shared", "data", "medical-cases", "osce-cases.jsonl");

    public static Task<TestServer> OpenAsync(string? folder = null) => TestServer.StartAsync(r => r.Models.Add("offline", new OfflineChatClient()), folder: folder);

    public static async Task<string> BeginAsync(this HttpClient student, string mode = "practice", string read = Case, string? classId = null) =>
        (await student.PostJsonAsync("/api/v1/medsim/attempts", classId is null ? new { @case = read, mode } : new { @case = read, mode, class_id = classId })).Text("id");

    public static async Task<string> SayAsync(this HttpClient student, string attempt, string message) =>
        (await student.PostJsonAsync($"/api/v1/sessions/{attempt}/turns", new { message })).Text("reply");

    public static Task<JsonElement> DoAsync(this HttpClient student, string attempt, string action, object body, string? key = null) =>
        student.PostJsonAsync($"/api/v1/medsim/attempts/{attempt}/{action}", body, key);

    public static Task<JsonElement> SeeAsync(this HttpClient student, string attempt) => student.GetJsonAsync($"/api/v1/medsim/attempts/{attempt}");

    /// <summary>A whole encounter, from the first question to the end.</summary>
    public static async Task<JsonElement> PlayAsync(this HttpClient student, string attempt)
    {
        await student.SayAsync(attempt, "Hello, my name is Sam and I am a medical student. What brings you in today?");
        await student.SayAsync(attempt, "When did it start?");
        await student.SayAsync(attempt, "That must be frightening. Do you have any allergies?");
        await student.DoAsync(attempt, "examine", new { what = "vital signs" });
        await student.DoAsync(attempt, "order", new { what = "ECG" });
        await student.DoAsync(attempt, "wait", new { });
        await student.DoAsync(attempt, "diagnose", new { diagnosis = "Inferior STEMI", differentials = new[] { "aortic dissection" } });
        await student.DoAsync(attempt, "plan", new { text = "Aspirin 300 mg.\nCall the cath lab.\nNo nitrates." });
        return await student.DoAsync(attempt, "finish", new { });
    }

    public static JsonElement Item(this JsonElement debrief, string id) => debrief.GetProperty("items").EnumerateArray().Single(i => i.Text("id") == id);
}
