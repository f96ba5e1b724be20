import Hummingbird
import Subprocess

print("hi")
