"""Shows the messages of a RabbitMQ queue, as the management API gives them on stdin, in the order they came.

The first message of each event type is shown whole, of the others one line.
"""

import json
import sys

# Types that were shown whole by an earlier call stand in this file, so that two queues do not repeat each other.
seen_file = sys.argv[1]
try:
    with open(seen_file, encoding="utf-8") as file:
        seen = set(file.read().split())
except FileNotFoundError:
    seen = set()

messages = json.load(sys.stdin)
for message in messages:
    event = json.loads(message["payload"])
    print(f'   {message["exchange"]}  {message["routing_key"]}  {event["event_type"]}  {event["id"]}')
    if event["event_type"] not in seen:
        seen.add(event["event_type"])
        for line in json.dumps(event, indent=2).splitlines():
            print("      " + line)
with open(seen_file, "w", encoding="utf-8") as file:
    file.write("\n".join(sorted(seen)))
sys.exit(0 if messages else "no message came")
